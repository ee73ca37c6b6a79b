-- The protocols of a case are asked for with its brand; without a count of rows the brand's index seems as good.
DROP INDEX protocol_case;
CREATE INDEX protocol_case ON protocol (case_id, brand_id);
