//! To whom a promise is made: who wrote, whose matter it is, or somebody else.

/// To whom a promise is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ToWhom {
    /// Who wrote.
    Reporter,
    /// Whose matter it is.
    Customer,
    /// Somebody else, in a few words.
    Other,
}

impl ToWhom {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 3] = [Self::Reporter, Self::Customer, Self::Other];

    /// The code kept in the database and in forms.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Reporter => "reporter",
            Self::Customer => "customer",
            Self::Other => "other",
        }
    }

    /// Reads what [`Self::code`] prints.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|w| w.code() == code)
    }

    /// What holds: what was said; without a word the customer where one was said, else who wrote. Who wrote is the
    /// customer where nobody was said.
    pub const fn settled(said: Option<Self>, differs: bool) -> Self {
        match said {
            Some(Self::Other) => Self::Other,
            Some(Self::Customer) | None if differs => Self::Customer,
            _ => Self::Reporter,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_word_it_is_the_customer_where_one_was_said() {
        assert!(ToWhom::ALL.iter().all(|w| ToWhom::from_code(w.code()) == Some(*w)));
        assert_eq!(ToWhom::settled(None, true), ToWhom::Customer);
        assert_eq!(ToWhom::settled(None, false), ToWhom::Reporter);
        assert_eq!(ToWhom::settled(Some(ToWhom::Customer), false), ToWhom::Reporter);
        assert_eq!(ToWhom::settled(Some(ToWhom::Reporter), true), ToWhom::Reporter);
        assert_eq!(ToWhom::settled(Some(ToWhom::Other), false), ToWhom::Other);
    }
}
