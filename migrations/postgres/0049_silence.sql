-- Who waits for a customer, by how long: what ends in silence is found without looking at all that wait.
CREATE INDEX case_silent ON cases (policy, policy_version, state_since) WHERE open = 1 AND state = 'waiting_customer';
