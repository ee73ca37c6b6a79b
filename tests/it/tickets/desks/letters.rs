//! Letters to and from the customer, where a system keeps them apart from what is written on a ticket.

use super::super::office::Office;

#[derive(Clone, Debug, Default)]
pub struct Letter {
    pub id: u64,
    pub by: String,
    pub text: String,
    /// From the customer.
    pub incoming: bool,
    /// It is still being written.
    pub draft: bool,
    pub written_at: i64,
    /// When it was sent, arrived, or was last written on.
    pub at: i64,
}

impl Office {
    /// A letter of a ticket, which leaves the time of the ticket as it was.
    pub fn letter(&self, ticket: u64, letter: Letter) -> u64 {
        let now = self.now();
        let mut ledger = self.ledger();
        let letters = &mut ledger.tickets.get_mut(&ticket).unwrap().letters;
        let id = 700_000 + 1_000 * ticket + u64::try_from(letters.len()).unwrap();
        letters.push(Letter { id, written_at: now, at: now, ..letter });
        id
    }

    /// A letter that was being written is sent.
    pub fn sends(&self, ticket: u64, letter: u64) {
        let now = self.now();
        let mut ledger = self.ledger();
        let letters = &mut ledger.tickets.get_mut(&ticket).unwrap().letters;
        let letter = letters.iter_mut().find(|l| l.id == letter).unwrap();
        (letter.draft, letter.at) = (false, now);
    }
}
