use super::*;
use proptest::collection::vec;
use proptest::prelude::*;

/// A piece with its bytes: `true` for a part.
type Owned = (bool, Vec<u8>);

fn split(chunks: &[&[u8]]) -> Vec<Owned> {
    let mut splitter = Splitter::default();
    let mut pieces = Vec::new();
    let mut keep = |piece: Piece<'_>| {
        pieces.push(match piece {
            Piece::Lines(bytes) => (false, bytes.to_vec()),
            Piece::Part(bytes) => (true, bytes.to_vec()),
        });
    };
    for chunk in chunks {
        splitter.feed(chunk, &mut keep);
        assert!(splitter.pending().len() <= LINE_CAP);
    }
    splitter.end(&mut keep);
    pieces
}

/// What readers get to see: each line or part for itself, batches forgotten.
fn one_by_one(pieces: Vec<Owned>) -> Vec<Owned> {
    let mut all = Vec::new();
    for (part, bytes) in pieces {
        if part {
            all.push((true, bytes));
        } else {
            all.extend(bytes.split_inclusive(|&byte| byte == b'\n').map(|l| (false, l.to_vec())));
        }
    }
    all
}

/// Lines short, empty and around the cap, with or without a last newline.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        8 => vec(any::<u8>(), 0..40),
        1 => (LINE_CAP - 2..LINE_CAP + 3).prop_map(|length| vec![b'x'; length]),
        1 => (2 * LINE_CAP - 1..2 * LINE_CAP + 2).prop_map(|length| vec![b'y'; length]),
    ];
    (vec(line, 0..12), any::<bool>()).prop_map(|(lines, ends)| {
        let mut text = lines.join(&b'\n');
        if ends {
            text.push(b'\n');
        }
        text
    })
}

fn cut(text: &[u8], at: &[prop::sample::Index]) -> Vec<Vec<u8>> {
    let mut ends: Vec<usize> = at.iter().map(|index| index.index(text.len() + 1)).collect();
    ends.sort_unstable();
    ends.push(text.len());
    let mut start = 0;
    let mut chunks = Vec::new();
    for end in ends {
        chunks.push(text[start..end].to_vec());
        start = end;
    }
    chunks
}

proptest! {
    #[test]
    fn however_the_bytes_are_cut_the_lines_are_the_same(
        text in text(),
        at in vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let chunks = cut(&text, &at);
        let chunks: Vec<&[u8]> = chunks.iter().map(Vec::as_slice).collect();
        prop_assert_eq!(one_by_one(split(&chunks)), one_by_one(split(&[&text])));
    }

    #[test]
    fn nothing_is_lost_and_every_line_ends(text in text()) {
        let pieces = split(&[&text]);
        let mut whole: Vec<u8> = pieces.iter().flat_map(|(_, bytes)| bytes.clone()).collect();
        let mut wanted = text.clone();
        if !text.is_empty() && !text.ends_with(b"\n") {
            wanted.push(b'\n');
        }
        prop_assert_eq!(&whole, &wanted);
        whole.clear();
        for (part, bytes) in one_by_one(pieces) {
            if part {
                prop_assert_eq!(bytes.len(), LINE_CAP);
                prop_assert!(!bytes.contains(&b'\n'));
            } else {
                prop_assert!(bytes.ends_with(b"\n") && bytes.len() <= LINE_CAP + 1);
            }
        }
    }
}

#[test]
fn a_line_of_exactly_the_cap_stays_whole() {
    let mut line = vec![b'x'; LINE_CAP];
    line.push(b'\n');
    assert_eq!(split(&[&line]), [(false, line.clone())]);
    assert_eq!(split(&[&line[..LINE_CAP], b"\n"]), [(false, line)]);
}

#[test]
fn a_part_is_always_followed_by_the_rest_of_its_line() {
    let mut line = vec![b'x'; 2 * LINE_CAP];
    line.push(b'\n');
    let kinds: Vec<(bool, usize)> =
        split(&[&line]).iter().map(|(part, bytes)| (*part, bytes.len())).collect();
    assert_eq!(kinds, [(true, LINE_CAP), (false, LINE_CAP + 1)]);
}

#[test]
fn whole_lines_are_handed_on_together() {
    assert_eq!(split(&[b"a\nb\nc"]), [(false, b"a\nb\n".to_vec()), (false, b"c\n".to_vec())]);
}
