//! Server-sent events, as the HTML standard describes them: a stream of lines that makes up events.
//!
//! Pieces come cut anywhere; what is not whole yet is kept, up to a limit. Comments, by which servers show
//! that they are there, make no event.

/// Most bytes of one event.
const EVENT_BYTES_MAX: usize = 1024 * 1024;

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// What kind it is; empty where the server names none.
    pub kind: String,
    /// What it says.
    pub data: String,
}

/// A line or an event is longer than anybody reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

/// Puts pieces together to events.
#[derive(Debug, Default)]
pub struct Parser {
    line: Vec<u8>,
    /// Whether the last byte ended a line with CR, whose LF may still follow.
    after_cr: bool,
    event: Event,
    any_data: bool,
}

impl Parser {
    /// Takes a piece; gives the events that it made whole.
    pub fn take(&mut self, piece: &[u8]) -> Result<Vec<Event>, TooLong> {
        let mut whole = Vec::new();
        for &byte in piece {
            match byte {
                b'\n' if std::mem::take(&mut self.after_cr) => {}
                b'\n' | b'\r' => {
                    self.after_cr = byte == b'\r';
                    let line = std::mem::take(&mut self.line);
                    whole.extend(self.line(&String::from_utf8_lossy(&line)));
                }
                other => {
                    self.after_cr = false;
                    self.line.push(other);
                }
            }
            if self.line.len() + self.event.data.len() > EVENT_BYTES_MAX {
                return Err(TooLong);
            }
        }
        Ok(whole)
    }

    fn line(&mut self, line: &str) -> Option<Event> {
        if line.is_empty() {
            let event = std::mem::take(&mut self.event);
            return std::mem::take(&mut self.any_data).then_some(event);
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field.trim_start_matches('\u{feff}') {
            "event" => value.clone_into(&mut self.event.kind),
            "data" => {
                if std::mem::replace(&mut self.any_data, true) {
                    self.event.data.push('\n');
                }
                self.event.data.push_str(value);
            }
            _ => {} // comments, and fields that we have no use for
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = ":)\n\nevent: update\ndata: {\"a\":\ndata:1}\nid: 7\n\n:thump\n\nevent: delete\r\ndata: 12\r\n\r\ndata\n\nevent: nothing\n\n";

    fn event(kind: &str, data: &str) -> Event {
        Event { kind: kind.into(), data: data.into() }
    }

    #[test]
    fn events_are_the_same_wherever_the_pieces_are_cut() {
        let wanted = [event("update", "{\"a\":\n1}"), event("delete", "12"), event("", "")];
        for size in 1..=TEXT.len() {
            let mut parser = Parser::default();
            let cut = TEXT.as_bytes().chunks(size).flat_map(|piece| parser.take(piece).unwrap());
            assert_eq!(cut.collect::<Vec<_>>(), wanted, "pieces of {size}");
        }
    }

    #[test]
    fn what_is_longer_than_anybody_reads_is_refused() {
        let mut parser = Parser::default();
        assert_eq!(parser.take(&vec![b'x'; EVENT_BYTES_MAX + 1]), Err(TooLong));
        let mut parser = Parser::default();
        let line = format!("data:{}\n", "x".repeat(1_000));
        let ended = (0..2_000).find_map(|_| parser.take(line.as_bytes()).err());
        assert_eq!(ended, Some(TooLong));
    }
}
