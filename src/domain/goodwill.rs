//! What is given to a customer for what went wrong: how much, what it is, and how much each role may give alone.
//! Amounts are millionths of a unit of the currency; nothing is ever rounded.

use super::role::Role;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One unit of a currency.
pub const UNIT: i64 = 1_000_000;
/// The most that is taken for an amount, in units.
pub const UNITS_MAX: i64 = 1_000_000;

/// What is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GoodwillKind {
    /// A voucher.
    Voucher,
    /// Money back.
    Refund,
    /// Something free.
    Gift,
    /// A card, flowers, a friendly thing.
    Gesture,
}

impl GoodwillKind {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 4] = [Self::Voucher, Self::Refund, Self::Gift, Self::Gesture];

    /// The code kept in the database and in forms.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Voucher => "voucher",
            Self::Refund => "refund",
            Self::Gift => "gift",
            Self::Gesture => "gesture",
        }
    }

    /// Reads what [`Self::code`] prints.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.code() == code)
    }
}

/// How much each role may give without a second person; written `[brand.front_office.goodwill]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Terms {
    /// The currency, three letters.
    pub currency: String,
    /// In whole units, by role. Without any, everybody who works on cases may give what they want; with some, a
    /// role that is not named may give nothing alone, and an admin who is not named everything.
    pub limits: BTreeMap<String, i64>,
}

impl Default for Terms {
    fn default() -> Self {
        Self { currency: "EUR".to_owned(), limits: BTreeMap::new() }
    }
}

impl Terms {
    /// Whether they are as they are when nobody says anything.
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// How much a role may give on one case, in millionths; `None` for no limit.
    pub fn limit(&self, role: Role) -> Option<i64> {
        match self.limits.get(role.code()) {
            Some(units) => Some(units.saturating_mul(UNIT)),
            None if self.limits.is_empty() || role == Role::Admin => None,
            None => Some(0),
        }
    }
}

/// Reads an amount such as `12`, `12.50` or `12,5`; nothing if it is none, is zero, or is too much.
pub fn amount(text: &str) -> Option<i64> {
    let text = text.trim().replace(',', ".");
    let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 7 || part.len() > 2 || !digits(whole) || !digits(part) {
        return None;
    }
    if text.contains('.') && part.is_empty() {
        return None;
    }
    let hundredths: i64 = format!("{part:0<2}").parse().ok()?;
    let micros = whole.parse::<i64>().ok()? * UNIT + hundredths * (UNIT / 100);
    (micros > 0 && micros <= UNITS_MAX * UNIT).then_some(micros)
}

/// An amount in words: `12.50`.
pub fn shown(micros: i64) -> String {
    format!("{}.{:02}", micros / UNIT, (micros % UNIT) / (UNIT / 100))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_and_written_without_rounding() {
        for (text, micros) in
            [("12", 12_000_000), ("12.50", 12_500_000), ("0,05", 50_000), (" 7.1 ", 7_100_000)]
        {
            assert_eq!(amount(text), Some(micros), "{text}");
            assert_eq!(amount(&shown(micros)), Some(micros));
        }
        for bad in
            ["", "0", "0.00", "-1", "1.234", "1.", ".5", "1e3", "1000001", "99999999", "\u{661}", "1.2.3"]
        {
            assert_eq!(amount(bad), None, "{bad}");
        }
        assert_eq!(shown(250_000_000), "250.00");
    }

    #[test]
    fn limits_are_by_role() {
        let free = Terms::default();
        assert_eq!(free.limit(Role::Guest), None);
        let limits = [("agent".to_owned(), 25), ("lead".to_owned(), 250)].into();
        let terms = Terms { limits, ..Terms::default() };
        assert_eq!(terms.limit(Role::Agent), Some(25 * UNIT));
        assert_eq!(terms.limit(Role::Lead), Some(250 * UNIT));
        assert_eq!((terms.limit(Role::Guest), terms.limit(Role::Admin)), (Some(0), None));
        assert!(GoodwillKind::ALL.iter().all(|k| GoodwillKind::from_code(k.code()) == Some(*k)));
    }
}
