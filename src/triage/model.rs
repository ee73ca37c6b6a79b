//! The weights of all heads, read from the bytes compiled in, and how they score features.
//!
//! The form is ours: a head of text lines, an empty line, then the tables row by row. A model that
//! does not fit the code (another list of concepts, a wrong length) is not used at all, and a test
//! fails; judging then still works by the lexicon and the rules.

use super::concepts;
use super::extras::EXTRAS;
use super::features::BUCKETS;
use super::verdict::Thresholds;
use std::borrow::Cow;
use std::sync::LazyLock;

/// Outputs of the judging heads: five levels, ten intents, then answer, private, urgent, and two
/// that keep rows a multiple of four (the P1 and P5 heads).
pub const JUDGE: usize = 20;
/// Outputs of the sentiment head: negative, neutral, positive, and one that fills the row.
pub const SENTIMENTS: usize = 4;
/// Outputs of the language head at most.
pub const LANGUAGES: usize = 24;
/// What one feature says to all heads, in this order: languages, judging, sentiments. Side by side they are one
/// place in memory, not three, and that is most of what a feature costs.
pub const ROW: usize = LANGUAGES + JUDGE + SENTIMENTS;
/// First output of judging in a row.
pub const JUDGE_AT: usize = LANGUAGES;
/// First output of the sentiments in a row.
pub const SENTIMENT_AT: usize = LANGUAGES + JUDGE;
/// The rows of a window's features, added up.
pub type Sums = [i32; ROW];
/// First output of the intents.
pub const INTENT_AT: usize = 5;
/// The output for `needs_answer`.
pub const ANSWER_AT: usize = 15;
/// The output for `needs_private`.
pub const PRIVATE_AT: usize = 16;
/// The output for P1 or P2 against the rest.
pub const URGENT_AT: usize = 17;
/// The output for P1 against the rest.
pub const P1_AT: usize = 18;
/// The output for P5 against the rest.
pub const P5_AT: usize = 19;
/// What one extra counts against all hashed features of a text together.
pub const EXTRA_VALUE: f32 = 0.35;

/// A table of weights, one row a feature: whole numbers from −127 to 127 as the bytes that they are in the file, so
/// that the tables compiled in are used where they stand.
pub type Rows<const N: usize> = Cow<'static, [[u8; N]]>;

/// The weights.
#[derive(Clone, Debug)]
pub struct Model {
    /// Codes of the languages, in the order of the outputs.
    pub languages: Vec<String>,
    /// Bias of each language.
    pub language_bias: [f32; LANGUAGES],
    /// Scale of each language's weights.
    pub language_scale: [f32; LANGUAGES],
    /// `BUCKETS` rows of weights of all heads.
    pub rows: Rows<ROW>,
    /// Bias of each judging output.
    pub judge_bias: [f32; JUDGE],
    /// Scale of each judging output's hashed weights.
    pub judge_scale: [f32; JUDGE],
    /// Scale of each judging output's weights of extras.
    pub extra_scale: [f32; JUDGE],
    /// `EXTRAS` rows of `JUDGE` weights.
    pub extra_rows: Rows<JUDGE>,
    /// Bias of each sentiment.
    pub sentiment_bias: [f32; SENTIMENTS],
    /// Scale of each sentiment's hashed weights.
    pub sentiment_scale: [f32; SENTIMENTS],
    /// Scale of each sentiment's weights of extras.
    pub sentiment_extra_scale: [f32; SENTIMENTS],
    /// `EXTRAS` rows of `SENTIMENTS` weights.
    pub sentiment_extra_rows: Rows<SENTIMENTS>,
    /// Where things part.
    pub thresholds: Thresholds,
}

static MODEL: LazyLock<Model> =
    LazyLock::new(|| Model::parse(include_bytes!("model.bin")).unwrap_or_else(Model::blank));

/// The model compiled in.
pub fn shipped() -> &'static Model {
    &MODEL
}

fn floats<const N: usize>(line: Option<&str>) -> Option<[f32; N]> {
    let mut out = [0.0; N];
    let mut words = line?.split(' ').skip(1);
    for slot in &mut out {
        *slot = f32::from_bits(u32::from_str_radix(words.next()?, 16).ok()?);
    }
    Some(out)
}

fn hex(name: &str, values: &[f32]) -> String {
    values.iter().fold(name.to_owned(), |line, v| format!("{line} {:08x}", v.to_bits())) + "\n"
}

fn rows<const N: usize>(bytes: &mut &'static [u8], count: usize) -> Option<Rows<N>> {
    let (table, rest) = bytes.split_at_checked(count * N)?;
    *bytes = rest;
    Some(Cow::Borrowed(table.as_chunks::<N>().0))
}

/// So many rows fit into small sums, whatever they hold: 255 times 128 is less than 32,768.
const SMALL: usize = 255;

/// Adds up the rows of the features given. Small sums take half the room of large ones, so that the machine adds twice as
/// many at a time.
pub fn accumulate<const N: usize>(table: &[[u8; N]], list: &[u32]) -> [i32; N] {
    let mut sums = [0i32; N];
    for some in list.chunks(SMALL) {
        let mut small = [0i16; N];
        for at in some {
            if let Some(row) = table.get(*at as usize) {
                for (sum, weight) in small.iter_mut().zip(row) {
                    *sum += i16::from(weight.cast_signed());
                }
            }
        }
        for (sum, part) in sums.iter_mut().zip(small) {
            *sum += i32::from(part);
        }
    }
    sums
}

/// The value of each of `n` hashed features: together they have length one.
pub fn share(n: usize) -> f32 {
    1.0 / (n.max(1) as f32).sqrt()
}

impl Model {
    /// A model that knows nothing.
    pub fn blank() -> Self {
        Self {
            languages: Vec::new(),
            language_bias: [0.0; LANGUAGES],
            language_scale: [0.0; LANGUAGES],
            rows: Cow::default(),
            judge_bias: [0.0; JUDGE],
            judge_scale: [0.0; JUDGE],
            extra_scale: [0.0; JUDGE],
            extra_rows: Cow::default(),
            sentiment_bias: [0.0; SENTIMENTS],
            sentiment_scale: [0.0; SENTIMENTS],
            sentiment_extra_scale: [0.0; SENTIMENTS],
            sentiment_extra_rows: Cow::default(),
            thresholds: [0.5, 0.6, 0.5, 0.5, 0.0, 0.0, -9.0, 8.0, 0.6, 0.0],
        }
    }

    /// Reads the bytes that [`Model::bytes`] made; `None` if they are not for this code.
    pub fn parse(bytes: &'static [u8]) -> Option<Self> {
        let end = bytes.windows(2).take(8_192).position(|w| w == b"\n\n")?;
        let head = std::str::from_utf8(bytes.get(..end)?).ok()?;
        let mut tables = bytes.get(end + 2..)?;
        let mut lines = head.lines();
        let first = format!("webcared-model 3 {:08x} {BUCKETS} {EXTRAS}", concepts::fingerprint());
        if lines.next()? != first {
            return None;
        }
        let languages: Vec<String> = lines.next()?.split(' ').skip(1).map(str::to_owned).collect();
        let model = Self {
            languages,
            language_bias: floats(lines.next())?,
            language_scale: floats(lines.next())?,
            judge_bias: floats(lines.next())?,
            judge_scale: floats(lines.next())?,
            extra_scale: floats(lines.next())?,
            sentiment_bias: floats(lines.next())?,
            sentiment_scale: floats(lines.next())?,
            sentiment_extra_scale: floats(lines.next())?,
            thresholds: floats(lines.next())?,
            rows: rows(&mut tables, BUCKETS)?,
            extra_rows: rows(&mut tables, EXTRAS)?,
            sentiment_extra_rows: rows(&mut tables, EXTRAS)?,
        };
        (tables.is_empty() && model.languages.len() <= LANGUAGES).then_some(model)
    }

    /// The bytes to compile in.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = format!("webcared-model 3 {:08x} {BUCKETS} {EXTRAS}\n", concepts::fingerprint());
        out += "languages ";
        out += &self.languages.join(" ");
        out += "\n";
        out += &hex("language-bias", &self.language_bias);
        out += &hex("language-scale", &self.language_scale);
        out += &hex("judge-bias", &self.judge_bias);
        out += &hex("judge-scale", &self.judge_scale);
        out += &hex("extra-scale", &self.extra_scale);
        out += &hex("sentiment-bias", &self.sentiment_bias);
        out += &hex("sentiment-scale", &self.sentiment_scale);
        out += &hex("sentiment-extra-scale", &self.sentiment_extra_scale);
        out += &hex("thresholds", &self.thresholds);
        out += "\n";
        let mut out = out.into_bytes();
        out.extend(self.rows.iter().flatten());
        out.extend(self.extra_rows.iter().flatten());
        out.extend(self.sentiment_extra_rows.iter().flatten());
        out
    }

    /// Puts the weights of one group of heads into all rows, from output `at` on.
    pub fn put<const N: usize>(&mut self, at: usize, table: &[[u8; N]]) {
        let rows = self.rows.to_mut();
        rows.resize(table.len(), [0; ROW]);
        for (row, weights) in rows.iter_mut().zip(table) {
            row[at..at + N].copy_from_slice(weights);
        }
    }

    /// Adds up what the features of a window say to all heads.
    pub fn sums(&self, list: &[u32]) -> Sums {
        accumulate(&self.rows, list)
    }

    /// Scores of the sentiments: negative, neutral, positive; of the sums of so many features.
    pub fn sentiment(&self, sums: &Sums, features: usize, extras: &[u32]) -> [f32; 3] {
        let extra = accumulate(&self.sentiment_extra_rows, extras);
        let share = share(features);
        std::array::from_fn(|i| {
            let hashed = sums[SENTIMENT_AT + i] as f32 * (self.sentiment_scale[i] * share);
            hashed + extra[i] as f32 * (self.sentiment_extra_scale[i] * EXTRA_VALUE) + self.sentiment_bias[i]
        })
    }

    /// Scores of the languages.
    pub fn language(&self, sums: &Sums, features: usize) -> [f32; LANGUAGES] {
        let share = share(features);
        std::array::from_fn(|i| sums[i] as f32 * (self.language_scale[i] * share) + self.language_bias[i])
    }

    /// Scores of the judging heads.
    pub fn judge(&self, sums: &Sums, features: usize, extras: &[u32]) -> [f32; JUDGE] {
        let extra = accumulate(&self.extra_rows, extras);
        let share = share(features);
        std::array::from_fn(|i| {
            let hashed = sums[JUDGE_AT + i] as f32 * (self.judge_scale[i] * share);
            hashed + extra[i] as f32 * (self.extra_scale[i] * EXTRA_VALUE) + self.judge_bias[i]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_model_fits_the_code() {
        let bytes = include_bytes!("model.bin");
        let model = Model::parse(bytes).expect("model.bin is not for this code: build it anew");
        assert_eq!(model.bytes(), bytes);
        assert!(bytes.len() <= 6 << 20, "{} bytes", bytes.len());
        assert!(model.thresholds[..4].iter().all(|t| (0.05..0.95).contains(t)));
    }

    #[test]
    fn sums_of_many_rows_are_exact() {
        let table: [[u8; 4]; 2] = [[0x80, 0x7f, 0xff, 0], [1, 2, 3, 4]];
        let list: Vec<u32> = (0..1_000).map(|n| u32::from(n % 10 == 0)).chain([7]).collect();
        assert_eq!(accumulate(&table, &list), [900 * -128 + 100, 900 * 127 + 200, -900 + 300, 400]);
        assert_eq!(accumulate(&table, &[0; 255]), [255 * -128, 255 * 127, -255, 0]);
        assert_eq!(accumulate(&table, &[]), [0; 4]);
    }

    #[test]
    fn foreign_bytes_are_no_model() {
        assert!(Model::parse(b"").is_none());
        assert!(Model::parse(b"webcared-model 3 00000000 1 1\n\n").is_none());
    }
}
