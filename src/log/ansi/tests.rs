use super::*;
use proptest::collection::vec;
use proptest::prelude::*;

const SCREEN: Rules = Rules { colour: true, terminal: true, cap: 8 * 1024 };
const PLAIN: Rules = Rules { colour: false, terminal: false, cap: 8 * 1024 };

/// Each line of `text` as it is shown.
fn shown(text: &[u8], rules: Rules) -> Vec<String> {
    let mut filter = Filter::new(rules);
    let mut lines = Vec::new();
    for line in text.split(|&byte| byte == b'\n') {
        let mut to = Vec::new();
        filter.feed(line);
        filter.end_line(&mut to);
        lines.push(String::from_utf8_lossy(&to).into_owned());
    }
    lines
}

fn all_are_shown_as(rules: Rules, table: &[(&str, &str)]) {
    for (written, wanted) in table {
        assert_eq!(shown(written.as_bytes(), rules).join("\n"), *wanted, "for {written:?}");
    }
}

#[test]
fn progress_collapses_to_its_last_state() {
    all_are_shown_as(
        SCREEN,
        &[
            ("10%\r20%\r100%", "100%"),
            ("done\r", "done"),
            ("done\r\r", "done"),
            ("loading...\rok", "ok"),
            ("loading...\r\x1b[Kok", "ok"),
            ("loading...\x1b[2K\x1b[1Gok", "ok"),
            ("loading...\x1b[2K\rok", "ok"),
            ("gone\r\x1b[K", ""),
            ("\x1b[2J\x1b[Hfresh", "fresh"),
            ("old\x1b[1;1Hnew", "new"),
            ("|\x08/\x08-\x08done", "done"),
            ("abc\x08\x08X", "aX"),
            ("abc\x1b[2DX", "aX"),
            ("abc\x08\x08\x1b[CX", "abX"),
            ("abc\x08\x08\x08\x08\x08\x08X", "X"),
            ("a\x1b[3Cb", "a   b"),
            ("a\tb", "a\tb"),
        ],
    );
}

#[test]
fn a_wide_character_is_two_columns() {
    all_are_shown_as(
        SCREEN,
        &[
            ("日本\x08\x08X", "日X"),
            ("日本\x08X", "日 X"),
            ("e\u{301}x\x08y", "e\u{301}y"),
            ("日本\r語", "語"),
        ],
    );
}

#[test]
fn colours_stay_and_never_leak_into_what_follows() {
    all_are_shown_as(
        SCREEN,
        &[
            ("\x1b[31mred\x1b[0m plain", "\x1b[31mred\x1b[0m plain"),
            ("\x1b[31mred", "\x1b[31mred\x1b[0m"),
            ("\x1b[31mred\nstill\x1b[m\nplain", "\x1b[31mred\x1b[0m\n\x1b[31mstill\x1b[0m\nplain"),
            ("\x1b[1;38;5;208mx", "\x1b[1;38;5;208mx\x1b[0m"),
            ("\x1b[38;2;1;2;3mx", "\x1b[38;2;1;2;3mx\x1b[0m"),
            ("\x1b[38:2::1:2:3mx", "\x1b[38;2;1;2;3mx\x1b[0m"),
            ("\x1b[4:3mx", "\x1b[4:3mx\x1b[0m"),
            ("\x1b[1m\x1b[22mx", "x"),
            ("\x1b[31m\x1b[32mx", "\x1b[32mx\x1b[0m"),
            ("\x1b[31mred\rnew", "\x1b[31mnew\x1b[0m"),
            ("\x1b[>4;2mx\x1b[?25ly", "xy"),
        ],
    );
}

#[test]
fn nothing_else_reaches_the_screen() {
    all_are_shown_as(
        SCREEN,
        &[
            ("\x1b]0;title\x07x", "x"),
            ("\x1b]0;title\x1b\\x", "x"),
            ("\x1b]8;;http://a\x1b\\link\x1b]8;;\x1b\\", "link"),
            ("\x1bPq#0\x1b\\x", "x"),
            ("\x1b(Bx\x1b=\x1b>\x1b7\x1b8", "x"),
            ("\x1b[?1049hx\x1b[10;20r", "x"),
            ("\x1b[Ax\x1b[5By", "xy"),
            ("bell\x07", "bell"),
            ("\x0e\x0fx", "x"),
            ("nul\0 esc\x18", "nul^@ esc^X"),
            ("del\x7f", "del^?"),
            ("\u{9b}31mx", "\u{fffd}31mx"),
            ("unfinished\x1b", "unfinished"),
            ("unfinished\x1b[31\nnext", "unfinished\nnext"),
            ("\x1b]0;unfinished\nnext", "\nnext"),
        ],
    );
}

#[test]
fn without_colours_only_the_text_is_left() {
    all_are_shown_as(
        PLAIN,
        &[
            ("\x1b[31mred\x1b[0m", "red"),
            ("10%\r100%", "100%"),
            ("\x1b]0;t\x07x", "x"),
            ("tab\tüber 日本", "tab\tüber 日本"),
        ],
    );
}

#[test]
fn bytes_that_are_no_text_pass_into_files_and_are_shown_as_replacements_on_screens() {
    let text = b"a\xff\xfeb \xe6\x97";
    assert_eq!(shown(text, SCREEN), ["a\u{fffd}\u{fffd}b \u{fffd}"]);
    let mut filter = Filter::new(PLAIN);
    let mut to = Vec::new();
    filter.feed(text);
    filter.end_line(&mut to);
    assert_eq!(to, text);
}

#[test]
fn a_line_over_the_cap_is_cut_between_characters_and_counted() {
    let mut filter = Filter::new(Rules { cap: 4, ..SCREEN });
    let mut to = Vec::new();
    filter.feed("abc日本".as_bytes());
    assert_eq!(filter.end_line(&mut to), 6);
    assert_eq!(to, b"abc");
    assert_eq!(filter.end_line(&mut to), 0, "the next line begins anew");
}

#[test]
fn endless_escapes_cost_no_more_than_their_caps() {
    for start in ["\x1b[", "\x1b]", "\x1bP", "\x1b["] {
        let mut filter = Filter::new(SCREEN);
        filter.feed(start.as_bytes());
        for _ in 0..100 {
            filter.feed(&b"1".repeat(64 * 1024));
        }
        assert!(filter.control.capacity() <= 2 * CONTROL_CAP);
        assert!(filter.text.capacity() <= 4 * SCREEN.cap, "{start:?}");
        let mut to = Vec::new();
        filter.end_line(&mut to);
        assert!(to.len() <= SCREEN.cap);
    }
}

/// Bytes that are mostly the beginnings, middles and ends of sequences.
fn noise() -> impl Strategy<Value = Vec<u8>> {
    let words: Vec<&[u8]> = vec![
        b"\x1b",
        b"\x1b[",
        b"\x1b]0;t",
        b"\x07",
        b"\x1b\\",
        b"31",
        b";",
        b":",
        b"m",
        b"38;5;1m",
        b"K",
        b"2K",
        b"G",
        b"D",
        b"C",
        b"H",
        b"J",
        b"\r",
        b"\x08",
        b"text",
        b"\t",
        b"\xc3",
        b"\xa4",
        "日".as_bytes(),
        b"\x9b",
        b"\xc2\x9b",
        b"\0",
        b"\x7f",
        b"?25l",
        b"\x1b(B",
        b"\x1bP",
        b"\r\n",
        b"\n",
    ];
    let word = prop_oneof![
        9 => prop::sample::select(words).prop_map(<[u8]>::to_vec),
        1 => vec(any::<u8>(), 1..4),
    ];
    vec(word, 0..40).prop_map(|words| words.concat())
}

/// What is left when every complete SGR sequence is taken out.
fn without_sgr(text: &[u8]) -> Vec<u8> {
    let mut left = Vec::new();
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        let digits = after.strip_prefix(b"[").map(|after| {
            let end = after.iter().take_while(|byte| matches!(byte, b'0'..=b';')).count();
            (end, after)
        });
        match digits {
            Some((end, after)) if first == 0x1b && after.get(end) == Some(&b'm') => {
                rest = &after[end + 1..];
            }
            _ => {
                left.push(first);
                rest = after;
            }
        }
    }
    left
}

proptest! {
    #[test]
    fn a_screen_gets_nothing_but_text_and_colours(text in noise(), colour: bool) {
        let rules = Rules { colour, cap: 64, ..SCREEN };
        let mut filter = Filter::new(rules);
        for line in text.split(|&byte| byte == b'\n') {
            let mut to = Vec::new();
            filter.feed(line);
            filter.end_line(&mut to);
            let left = if colour { without_sgr(&to) } else { to.clone() };
            let left = String::from_utf8(left);
            prop_assert!(left.is_ok(), "{to:?}");
            let harmless = |text: &str| text.chars().all(|c| c == '\t' || !c.is_control());
            prop_assert!(left.is_ok_and(|left| harmless(&left)), "{to:?}");
            prop_assert!(to.len() <= 64 + 100);
            if to.contains(&0x1b) {
                prop_assert!(to.ends_with(b"\x1b[0m") || to.ends_with(b"\x1b[m"), "{to:?}");
            }
        }
    }

    #[test]
    fn it_does_not_matter_where_the_bytes_are_cut(line in noise()) {
        let line: Vec<u8> = line.into_iter().filter(|byte| byte.is_ascii() && *byte != b'\n').collect();
        let whole = shown(&line, SCREEN);
        for at in 0..=line.len() {
            let mut filter = Filter::new(SCREEN);
            let mut to = Vec::new();
            filter.feed(&line[..at]);
            filter.feed(&line[at..]);
            filter.end_line(&mut to);
            prop_assert_eq!(&String::from_utf8_lossy(&to), &whole[0]);
        }
    }

    #[test]
    fn what_is_called_harmless_passes_unchanged(text in noise(), terminal: bool) {
        if is_harmless(&text, terminal) {
            let rules = Rules { colour: false, terminal, cap: usize::MAX };
            let mut filter = Filter::new(rules);
            for line in text.split(|&byte| byte == b'\n') {
                let mut to = Vec::new();
                filter.feed(line);
                filter.end_line(&mut to);
                prop_assert_eq!(to, line.strip_suffix(b"\r").unwrap_or(line));
            }
        }
    }
}

#[test]
fn plain_lines_are_harmless_and_others_are_not() {
    for text in ["a\nb\tc\n", "terminal\r\nlines\r\n", "über\n"] {
        assert!(is_harmless(text.as_bytes(), true), "{text:?}");
    }
    for text in ["a\x1b[m\n", "a\rb\n", "a\r", "\x7f", "a\x08\n", "\u{85}\n"] {
        assert!(!is_harmless(text.as_bytes(), true), "{text:?}");
    }
    assert!(!is_harmless(b"\xff\n", true));
    assert!(is_harmless(b"\xff\n", false));
}
