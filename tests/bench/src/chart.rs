//! The results as a chart: a bar for each program and engine, as long as the engine is fast. The
//! scale is logarithmic, with a line where the reference stands.

use std::fmt::Write;

use crate::program::enters_means;
use crate::results::Results;

const BAR: f64 = 9.0;
const GAP: f64 = 8.0;
const LEFT: f64 = 120.0;
const WIDTH: f64 = 760.0;
const TOP: f64 = 46.0;
/// From this ratio to that one.
const SCALE: (f64, f64) = (0.25, 64.0);
const COLOURS: [&str; 6] = ["#b0b7c3", "#e0a458", "#2f6fb5", "#5fa55a", "#a05fa5", "#777777"];

pub(crate) fn draw(results: &Results) -> String {
    let engines = results.engines.len() - 1;
    let mut rows: Vec<(&str, Vec<Option<f64>>)> = Vec::new();
    for row in results.programs.iter().filter(|row| enters_means(&row.category)) {
        rows.push((&row.name, (1..=engines).map(|engine| row.ratio(engine)).collect()));
    }
    let means = (1..=engines).map(|engine| Some(results.summary(engine, None)?.geomean));
    rows.push(("geometric mean", means.collect()));

    let row_height = BAR * engines as f64 + GAP;
    let height = TOP + row_height * rows.len() as f64 + 10.0;
    let total = LEFT + WIDTH + 50.0;
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{total}\" height=\"{height}\" \
         font-family=\"sans-serif\" font-size=\"11\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    );
    legend(&mut text, results);
    let mut mark = SCALE.0;
    while mark <= SCALE.1 {
        let (x, bold) = (x_of(mark), mark == 1.0);
        let colour = if bold { "#444" } else { "#ddd" };
        let _ = writeln!(
            text,
            "<line x1=\"{x:.1}\" y1=\"{TOP}\" x2=\"{x:.1}\" y2=\"{:.1}\" stroke=\"{colour}\"/>\
             <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{mark}×</text>",
            height - 8.0,
            TOP - 6.0,
        );
        mark *= 2.0;
    }
    for (index, (name, ratios)) in rows.iter().enumerate() {
        let y = TOP + GAP / 2.0 + row_height * index as f64;
        let middle = y + BAR * engines as f64 / 2.0 + 4.0;
        let _ = writeln!(
            text,
            "<text x=\"{:.1}\" y=\"{middle:.1}\" text-anchor=\"end\">{}</text>",
            LEFT - 6.0,
            escape(name)
        );
        for (engine, ratio) in ratios.iter().enumerate() {
            if let Some(ratio) = ratio {
                bar(&mut text, engine, *ratio, y + BAR * engine as f64);
            }
        }
    }
    text.push_str("</svg>\n");
    text
}

fn legend(text: &mut String, results: &Results) {
    let mut x = LEFT;
    for (engine, name) in results.engines[1..].iter().enumerate() {
        let _ = writeln!(
            text,
            "<rect x=\"{x:.1}\" y=\"8\" width=\"10\" height=\"10\" fill=\"{}\"/>\
             <text x=\"{:.1}\" y=\"17\">{}</text>",
            colour(engine),
            x + 14.0,
            escape(name)
        );
        x += 110.0;
    }
    let _ = writeln!(
        text,
        "<text x=\"{x:.1}\" y=\"17\">times faster than {}, {}</text>",
        escape(&results.engines[0]),
        escape(&results.date)
    );
}

fn bar(text: &mut String, engine: usize, ratio: f64, y: f64) {
    let (from, to) = (x_of(SCALE.0), x_of(ratio));
    let _ = writeln!(
        text,
        "<rect x=\"{from:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{}\"/>\
         <text x=\"{:.1}\" y=\"{:.1}\" font-size=\"8\">{ratio:.2}</text>",
        to - from,
        BAR - 1.0,
        colour(engine),
        to + 3.0,
        y + BAR - 2.0,
    );
}

fn colour(engine: usize) -> &'static str {
    COLOURS[engine % COLOURS.len()]
}

fn x_of(ratio: f64) -> f64 {
    let (low, high) = (SCALE.0.ln(), SCALE.1.ln());
    let place = (ratio.clamp(SCALE.0, SCALE.1).ln() - low) / (high - low);
    LEFT + WIDTH * place
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::tests::sample;

    #[test]
    fn there_is_a_bar_for_each_measurement_and_mean() {
        let text = draw(&sample());
        // Four measurements that enter the means, and the means of two engines.
        assert_eq!(text.matches("font-size=\"8\"").count(), 4 + 2);
        assert!(text.contains(">geometric mean<"));
    }

    #[test]
    fn the_scale_is_logarithmic_and_bounded() {
        let step = x_of(2.0) - x_of(1.0);
        assert!((x_of(4.0) - x_of(2.0) - step).abs() < 1e-9);
        assert_eq!(x_of(1000.0), LEFT + WIDTH);
    }
}
