//! A small canvas of a few colours: rectangles, and words in letters of eight by eight points, as a PNG.

use font8x8::legacy::BASIC_LEGACY;

/// Points of the picture for each point of the drawing, so that it stays sharp on dense screens.
const DENSE: f64 = 2.0;
/// The width and height of a letter.
pub const GLYPH: f64 = 8.0;

/// Nothing drawn.
pub const PAPER: u8 = 0;
/// The axes.
pub const AXIS: u8 = 1;
/// What was on time.
pub const KEPT: u8 = 2;
/// What was late.
pub const LATE: u8 = 3;
const INK: u8 = 4;
/// Red, green and blue of each.
const COLOURS: [[u8; 3]; 5] = [[255; 3], [0x77; 3], [0x1d, 0x6f, 0xb8], [0xb3, 0x26, 0x1e], [0x33; 3]];

/// What is drawn upon; what goes over its edge is left out.
pub struct Canvas {
    width: usize,
    height: usize,
    points: Vec<u8>,
}

/// How wide words are.
pub fn width_of(words: &str) -> f64 {
    words.chars().count() as f64 * GLYPH
}

fn dense(at: f64) -> usize {
    // Below nothing there is nothing.
    (at.max(0.0) * DENSE).round() as usize
}

impl Canvas {
    /// An empty one.
    pub fn new(width: f64, height: f64) -> Self {
        let (width, height) = (dense(width), dense(height));
        Self { width, height, points: vec![PAPER; width * height] }
    }

    /// Fills a rectangle at a place, of a size; `colour` says which, by the point.
    pub fn fill(&mut self, (x, y): (f64, f64), (w, h): (f64, f64), colour: impl Fn(usize, usize) -> u8) {
        for row in dense(y)..dense(y + h).min(self.height) {
            for at in dense(x)..dense(x + w).min(self.width) {
                self.points[row * self.width + at] = colour(at, row);
            }
        }
    }

    /// Writes words at a place, their upper left corner. What is not of ASCII becomes a question mark.
    pub fn write(&mut self, words: &str, (x, y): (f64, f64)) {
        for (n, letter) in words.chars().enumerate() {
            let code = if letter.is_ascii() { letter as usize } else { '?' as usize };
            let left = x + n as f64 * GLYPH;
            for (row, bits) in BASIC_LEGACY[code].iter().enumerate() {
                for column in (0..8u8).filter(|c| bits >> c & 1 == 1 && left >= 0.0) {
                    let place = (left + f64::from(column), y + row as f64);
                    self.fill(place, (1.0, 1.0), |_, _| INK);
                }
            }
        }
    }

    /// As a file. Nothing if it cannot be written.
    pub fn png(&self) -> Option<Vec<u8>> {
        let mut file = Vec::new();
        let (width, height) = (u32::try_from(self.width).ok()?, u32::try_from(self.height).ok()?);
        let mut encoder = png::Encoder::new(&mut file, width, height);
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_palette(COLOURS.concat());
        let mut writer = encoder.write_header().ok()?;
        writer.write_image_data(&self.points).ok()?;
        writer.finish().ok()?;
        Some(file)
    }
}
