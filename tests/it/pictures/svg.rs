//! What a terminal shows, as an SVG that is readable on light and on dark pages.
//! Knows colours and lines, and nothing of devsup.

use std::fmt::Write as _;
use unicode_width::UnicodeWidthStr;

/// Size of a character cell, and of the frame round them, in pixels.
const CELL: (f64, f64) = (8.43, 20.0);
const FRAME: f64 = 16.0;
const FONT: f64 = 14.0;

/// Colours by SGR number, on light pages and on dark ones. All stand out by
/// at least 4.5 to 1.
const COLOURS: [(&str, &str, &str); 14] = [
    ("31", "#b3261e", "#ff8f86"),
    ("32", "#136f2d", "#6fd08c"),
    ("33", "#7a5400", "#e3b341"),
    ("34", "#0a53be", "#8ab8ff"),
    ("35", "#8e2f8e", "#e59be5"),
    ("36", "#00687a", "#5ccfe6"),
    ("92", "#136f2d", "#8ae6a2"),
    ("93", "#6b5b00", "#f2dc6d"),
    ("94", "#3457d5", "#a5c4ff"),
    ("95", "#a0307a", "#ff9ed8"),
    ("96", "#006a66", "#7fe5dd"),
    ("208", "#9a4a00", "#ffa657"),
    ("141", "#6a3fc4", "#c3a6ff"),
    ("2", "#57606a", "#9aa4b0"),
];

/// A piece of a line in one look, by the names of its classes.
struct Piece {
    classes: Vec<String>,
    text: String,
}

/// The lines with their escape sequences as a picture.
pub fn picture(title: &str, text: &str) -> String {
    let lines: Vec<Vec<Piece>> = text.lines().map(pieces).collect();
    let columns = lines.iter().map(|line| width(line)).max().unwrap_or(0).max(72);
    #[expect(clippy::cast_precision_loss, reason = "a screen has few lines and columns")]
    let (wide, high) =
        (columns as f64 * CELL.0 + 2.0 * FRAME, lines.len() as f64 * CELL.1 + 2.0 * FRAME);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {wide:.0} {high:.0}\" \
         width=\"{wide:.0}\" height=\"{high:.0}\" role=\"img\" aria-labelledby=\"title\">\n\
         <title id=\"title\">{}</title>\n{}\
         <rect class=\"page\" x=\"0.5\" y=\"0.5\" width=\"{:.0}\" height=\"{:.0}\" rx=\"8\"/>\n",
        escaped(title),
        style(),
        wide - 1.0,
        high - 1.0,
    );
    let mut y = FRAME + FONT;
    for line in &lines {
        let _ = writeln!(svg, "<text x=\"{FRAME}\" y=\"{y}\">{}</text>", spans(line));
        y += CELL.1;
    }
    svg + "</svg>\n"
}

/// The words of a picture, as they would be read out.
pub fn words(svg: &str) -> Vec<String> {
    let tags = regex::Regex::new("<[^>]*>").expect("a pattern");
    let lines = svg.lines().filter(|line| line.starts_with("<text"));
    let text = lines.map(|line| tags.replace_all(line, "").trim().to_owned());
    text.map(|line| line.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")).collect()
}

fn style() -> String {
    let sheet = |which: fn(&(&'static str, &'static str, &'static str)) -> &'static str| {
        let rules =
            COLOURS.iter().map(|colour| format!(".c{}{{fill:{}}}", colour.0, which(colour)));
        rules.collect::<String>()
    };
    format!(
        "<style>\n\
         text{{font:{FONT}px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;\
         white-space:pre;fill:#1f2328}}\n\
         .page{{fill:#ffffff;stroke:#d0d7de}}.c1{{font-weight:600}}\n{}\n\
         @media(prefers-color-scheme:dark){{text{{fill:#e6edf3}}.page{{fill:#0d1117;stroke:#30363d}}{}}}\n\
         </style>\n",
        sheet(|colour| colour.1),
        sheet(|colour| colour.2),
    )
}

fn spans(line: &[Piece]) -> String {
    let mut text = String::new();
    for piece in line {
        let inside = escaped(&piece.text);
        let _ = match piece.classes.as_slice() {
            [] => write!(text, "{inside}"),
            classes => write!(text, "<tspan class=\"{}\">{inside}</tspan>", classes.join(" ")),
        };
    }
    text
}

fn width(line: &[Piece]) -> usize {
    line.iter().map(|piece| piece.text.width()).sum()
}

/// Splits a line where its look changes.
fn pieces(line: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut classes: Vec<String> = Vec::new();
    let mut parts = line.split("\x1b[");
    let mut add = |classes: &[String], text: &str| {
        if !text.is_empty() {
            pieces.push(Piece { classes: classes.to_vec(), text: text.replace('\r', "") });
        }
    };
    add(&classes, parts.next().unwrap_or_default());
    for part in parts {
        let end = part.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(0);
        let (parameters, text) = part.split_at(end);
        if text.starts_with('m') {
            look(parameters, &mut classes);
        }
        add(&classes, text.get(1..).unwrap_or_default());
    }
    pieces
}

/// Takes what an `m` sequence says into the look.
fn look(parameters: &str, classes: &mut Vec<String>) {
    let parameters = parameters.trim_start_matches("38;5;");
    for one in parameters.split(';') {
        match one {
            "" | "0" => classes.clear(),
            "39" => classes.retain(|class| ["c1", "c2"].contains(&class.as_str())),
            "22" => classes.retain(|class| !["c1", "c2"].contains(&class.as_str())),
            known => classes.push(format!("c{known}")),
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[test]
fn looks_begin_and_end() {
    let svg =
        picture("a <title>", "plain \x1b[1;36mweb\x1b[0m | \x1b[38;5;208m<b>\x1b[39m &\nnext");
    assert!(svg.contains("plain <tspan class=\"c1 c36\">web</tspan> | "), "{svg}");
    assert!(svg.contains("<tspan class=\"c208\">&lt;b&gt;</tspan> &amp;</text>"), "{svg}");
    assert_eq!(words(&svg), ["plain web | <b> &", "next"]);
}
