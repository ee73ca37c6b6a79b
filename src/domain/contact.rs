//! Contacts elsewhere: by phone, in a shop, by letter, by web form. They come as posts of platforms of these names, or
//! are written down by an agent.

/// How a customer made contact outside of the channels that are read here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContactKind {
    /// They rang.
    Phone,
    /// They came to a shop.
    Shop,
    /// They wrote a letter.
    Letter,
    /// They filled in a form on the web.
    WebForm,
}

impl ContactKind {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 4] = [Self::Phone, Self::Shop, Self::Letter, Self::WebForm];

    /// The code kept in the database and in forms; the platform of such a post.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Shop => "shop",
            Self::Letter => "letter",
            Self::WebForm => "web_form",
        }
    }

    /// Reads what [`Self::code`] prints.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.code() == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_reads_back() {
        assert!(ContactKind::ALL.iter().all(|k| ContactKind::from_code(k.code()) == Some(*k)));
        assert_eq!(ContactKind::from_code("fax"), None);
    }
}
