//! The floor of triage: one hashed linear head of three classes, and nothing else.
//!
//! Lower case, words and pairs of words, letters two to five within words, one table of whole numbers.

const BUCKETS: usize = 1 << 16;

pub struct Floor {
    table: Vec<[i8; 4]>,
    letters: Vec<char>,
}

impl Default for Floor {
    fn default() -> Self {
        let weight = |i: usize, k: usize| ((i * 31 + k * 17) % 255) as u8 as i8;
        let table = (0..BUCKETS).map(|i| std::array::from_fn(|k| weight(i, k))).collect();
        Self { table, letters: Vec::new() }
    }
}

impl Floor {
    pub fn score(&mut self, text: &str) -> i32 {
        let mut sums = [0i32; 4];
        let mut before = 7u32;
        let table = &self.table;
        let mut add = |hash: u32| {
            let row = &table[(hash.wrapping_mul(0x85eb_ca6b) >> 16) as usize];
            for (sum, weight) in sums.iter_mut().zip(row) {
                *sum += i32::from(*weight);
            }
        };
        for word in text.split_whitespace() {
            self.letters.clear();
            self.letters.push(' ');
            self.letters.extend(word.chars().flat_map(char::to_lowercase));
            self.letters.push(' ');
            let mix = |h: u32, c: u32| (h ^ c).wrapping_mul(0x9e37_79b1).rotate_left(13);
            let whole = self.letters.iter().fold(1, |h, c| mix(h, *c as u32));
            add(whole);
            add(mix(before, whole));
            before = whole;
            for start in 0..self.letters.len() {
                let mut hash = 2;
                for (n, c) in self.letters[start..].iter().take(5).enumerate() {
                    hash = mix(hash, *c as u32);
                    if n > 0 {
                        add(hash);
                    }
                }
            }
        }
        sums[0].max(sums[1]).max(sums[2])
    }
}
