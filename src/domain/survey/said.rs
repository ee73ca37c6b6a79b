//! A score in words: '8', '8/10', 'een 8', '８点です', 'huit, merci'. What only holds a number somewhere ('8 boxes are
//! missing') is no score.

use unicode_normalization::UnicodeNormalization;

/// At most so many words stand before a score.
const BEFORE_MAX: usize = 6;

/// Words that may stand before a score, in the ten languages.
const BEFORE: &[&str] = &[
    "a",
    "an",
    "i",
    "i'd",
    "give",
    "you",
    "my",
    "score",
    "rating",
    "is",
    "it's",
    "its",
    "the",
    "answer",
    "would",
    "say",
    "definitely",
    "solid",
    "ik",
    "geef",
    "jullie",
    "u",
    "een",
    "het",
    "mijn",
    "cijfer",
    "dikke",
    "dat",
    "wordt",
    "ich",
    "gebe",
    "euch",
    "ihnen",
    "eine",
    "einen",
    "ein",
    "meine",
    "note",
    "bewertung",
    "je",
    "vous",
    "donne",
    "mets",
    "un",
    "une",
    "ma",
    "est",
    "c'est",
    "do",
    "vi",
    "il",
    "mio",
    "voto",
    "os",
    "les",
    "doy",
    "mi",
    "nota",
    "es",
    "pongo",
    "dou",
    "um",
    "uma",
    "a",
    "minha",
    "é",
    "jeg",
    "gir",
    "dere",
    "en",
    "et",
    "karakter",
    "min",
    "я",
    "ставлю",
    "даю",
    "вам",
    "моя",
    "оценка",
    "на",
];

/// Numbers in words. Articles that are numbers too ('een', 'un', 'eine') are left out.
const NUMBERS: &[(u8, &[&str])] = &[
    (1, &["one", "één", "eins", "uno", "один", "единица", "一"]),
    (2, &["two", "twee", "zwei", "deux", "due", "dos", "dois", "to", "два", "двойка", "二"]),
    (3, &["three", "drie", "drei", "trois", "tre", "tres", "três", "три", "тройка", "三"]),
    (4, &["four", "vier", "quatre", "quattro", "cuatro", "quatro", "fire", "четыре", "四"]),
    (5, &["five", "vijf", "fünf", "fuenf", "cinq", "cinque", "cinco", "fem", "пять", "五"]),
    (6, &["six", "zes", "sechs", "sei", "seis", "seks", "шесть", "六"]),
    (7, &["seven", "zeven", "sieben", "sept", "sette", "siete", "sete", "sju", "syv", "семь", "七"]),
    (8, &["eight", "acht", "huit", "otto", "ocho", "oito", "åtte", "восемь", "八"]),
    (9, &["nine", "negen", "neun", "neuf", "nove", "nueve", "ni", "девять", "九"]),
    (10, &["ten", "tien", "zehn", "dix", "dieci", "diez", "dez", "ti", "десять", "十"]),
];

/// What may stand between a score and the ten of its scale.
const OF: &[&str] = &["out", "of", "van", "de", "uit", "op", "von", "sur", "su", "av", "из", "on", "/"];

/// What a reason begins with, so that no sign needs to stand before it.
const THEN: &[&str] = &[
    "because",
    "since",
    "but",
    "and",
    "thanks",
    "points",
    "omdat",
    "want",
    "maar",
    "en",
    "punten",
    "weil",
    "denn",
    "aber",
    "und",
    "punkte",
    "danke",
    "parce",
    "car",
    "mais",
    "et",
    "points",
    "merci",
    "perché",
    "perche",
    "ma",
    "e",
    "punti",
    "grazie",
    "porque",
    "pero",
    "y",
    "puntos",
    "gracias",
    "mas",
    "pontos",
    "obrigado",
    "obrigada",
    "fordi",
    "men",
    "og",
    "poeng",
    "takk",
    "потому",
    "но",
    "и",
    "баллов",
    "спасибо",
    "dank",
    "bedankt",
];

/// The score that a message gives, and what it says besides, as it was written; nothing where it gives none.
pub fn score(text: &str) -> Option<(u8, String)> {
    let text: String = text.nfkc().collect();
    // A score on a line of its own.
    if let Some((first, rest)) = text.trim().split_once('\n')
        && let Some((n, more)) = in_line(first)
        && more.is_empty()
    {
        return Some((n, joined(&rest.split_whitespace().collect::<Vec<_>>())));
    }
    in_line(&text)
}

fn in_line(line: &str) -> Option<(u8, String)> {
    // Handles in front are whom it is written to.
    let words: Vec<&str> = line.split_whitespace().skip_while(|w| w.starts_with('@')).collect();
    for at in 0..=BEFORE_MAX.min(words.len()) {
        let word = words.get(at)?;
        if let Some(found) = at_word(word, &words[at + 1..]) {
            return Some(found);
        }
        if !BEFORE.contains(&bare(word).as_str()) {
            return None;
        }
    }
    None
}

/// Without signs around it, in small letters.
fn bare(word: &str) -> String {
    word.trim_matches(|c: char| !c.is_alphanumeric() && c != '\'').to_lowercase()
}

/// A score that begins at a word.
fn at_word(word: &str, after: &[&str]) -> Option<(u8, String)> {
    let (n, tail) = number(word)?;
    let (mut tail, mut after) = (tail, after);
    let mut told_scale = false;
    if let Some(rest) = tail.strip_prefix('/') {
        // '8/' and '10' may stand apart.
        let rest =
            if rest.is_empty() { after.split_first().map(|(w, more)| (*w, more))? } else { (rest, after) };
        (tail, after) = (rest.0.strip_prefix("10")?, rest.1);
        told_scale = true;
    } else if let Some((scale, more)) = scale(after) {
        (tail, after, told_scale) = (scale.strip_prefix("10")?, more, true);
    }
    // Counters of points.
    for counter in ["点", "分"] {
        if let Some(rest) = tail.strip_prefix(counter) {
            tail = rest.strip_prefix("です").or_else(|| rest.strip_prefix("でした")).unwrap_or(rest);
        }
    }
    let sign = tail.chars().next();
    if sign.is_some_and(|c| c.is_alphanumeric() || c == '%' || c == '/') {
        return None;
    }
    let tail = tail.trim_start_matches(|c: char| !c.is_alphanumeric());
    let rest = joined(&[&[tail], after].concat());
    let then = after.first().map(|w| bare(w));
    // A word of its own is told apart by a sign, by the scale, or by how reasons begin.
    let parted = told_scale
        || sign.is_some()
        || after.is_empty()
        || then.is_some_and(|w| w.is_empty() || THEN.contains(&w.as_str()));
    parted.then_some((n, rest))
}

/// The ten behind a score, as in 'out of 10', with what stands behind it.
fn scale<'a, 'b>(after: &'b [&'a str]) -> Option<(&'a str, &'b [&'a str])> {
    let between = after.iter().take(3).take_while(|w| OF.contains(&w.to_lowercase().as_str())).count();
    let word = after.get(between)?;
    (between > 0 && word.starts_with(|c: char| c.is_ascii_digit())).then(|| (*word, &after[between + 1..]))
}

/// A number from 1 to 10 with which a word begins, and what is left of that word. Halves count down: '8,5' is 8.
fn number(word: &str) -> Option<(u8, &str)> {
    let word = word.trim_start_matches(['"', '\'', '(', '*', '“', '„', '«']);
    let digits = word.find(|c: char| !c.is_ascii_digit()).unwrap_or(word.len());
    if digits > 0 {
        let n: u8 = word[..digits].parse().ok().filter(|n| (1..=10).contains(n))?;
        let mut tail = &word[digits..];
        if let Some(half) =
            tail.strip_prefix(['.', ',']).filter(|t| t.starts_with(|c: char| c.is_ascii_digit()))
        {
            tail = half.trim_start_matches(|c: char| c.is_ascii_digit());
        }
        return Some((n, tail.strip_prefix(['+', '-']).unwrap_or(tail)));
    }
    let lower = word.to_lowercase();
    let whole = bare(&lower);
    for (n, names) in NUMBERS {
        for name in *names {
            let is_sign = name.chars().count() == 1 && !name.is_ascii();
            if whole == *name || (is_sign && lower.starts_with(name)) {
                // Lower and given case of these words are of the same length.
                let end = word.char_indices().nth(name.chars().count()).map_or(word.len(), |(at, _)| at);
                return Some((*n, &word[end..]));
            }
        }
    }
    None
}

fn joined(words: &[&str]) -> String {
    words.iter().filter(|w| !w.is_empty()).copied().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_read_as_people_write_them() {
        for (text, n, rest) in [
            ("8", 8, ""),
            (" 10! ", 10, ""),
            ("@acme 7", 7, ""),
            ("８", 8, ""),
            ("１０点です。早かったです", 10, "早かったです"),
            ("八点", 8, ""),
            ("8/10", 8, ""),
            ("8 / 10", 8, ""),
            ("8 out of 10, quick", 8, "quick"),
            ("een 8", 8, ""),
            ("Ik geef jullie een dikke 9!", 9, ""),
            ("een acht", 8, ""),
            ("8,5", 8, ""),
            ("7+ want het duurde lang", 7, "want het duurde lang"),
            ("eine 9 von 10", 9, ""),
            ("je vous donne huit, merci", 8, "merci"),
            ("un 9 su 10", 9, ""),
            ("un diez", 10, ""),
            ("nota 9", 9, ""),
            ("en 8 av 10", 8, ""),
            ("ставлю 9", 9, ""),
            ("Десять!", 10, ""),
            ("9\nVery quick help\nthank you", 9, "Very quick help thank you"),
            ("8 - snel geholpen", 8, "- snel geholpen"),
            ("6: too slow", 6, "too slow"),
            ("3 because nobody called", 3, "because nobody called"),
        ] {
            assert_eq!(score(text), Some((n, rest.to_owned())), "{text}");
        }
    }

    #[test]
    fn numbers_of_something_else_are_no_scores() {
        for text in [
            "",
            "0",
            "11",
            "100",
            "8 boxes were missing",
            "80%",
            "8% off",
            "8/5",
            "8/12",
            "order 8",
            "een",
            "un",
            "12 out of 10",
            "8th",
            "at 8",
            "8pm please",
            "my parcel did not come",
            "4/10/2026",
            "een pakket",
            "8 van 12",
            "2026-11-08",
            "3 times I called",
        ] {
            assert_eq!(score(text), None, "{text}");
        }
    }

    #[test]
    fn whatever_comes_in_nothing_breaks() {
        for text in ["İ8", "8İ", "/", "8/", "8 /", "８／１０", "é", "@@@", "十", "\u{301}8", "8\u{301}"]
        {
            let _ = score(text);
        }
        assert_eq!(score("８／１０"), Some((8, String::new())));
    }
}
