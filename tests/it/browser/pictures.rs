//! The page on screens of all sizes. The pictures are left in the build directory
//! to be looked at; `DEVSUP_RENEW=1` makes the one of the README anew.

use super::Browser;
use crate::examples::example;
use crate::harness::{Exit, fenced_text, free_port};
use crate::words::{RENEW, repository};
use nix::sys::signal::Signal;
use std::fs;
use std::path::Path;

/// Name, width, height and scheme; the first is the one of the README.
const SCREENS: [(&str, u32, u32, &str); 5] = [
    ("page", 1100, 640, "light"),
    ("dark", 1100, 640, "dark"),
    ("narrow", 360, 740, "light"),
    ("tablet", 768, 1024, "dark"),
    ("huge", 3840, 2160, "light"),
];

const TABS: [&str; 3] = ["services", "processes", "logs"];

#[test]
fn the_page_fits_every_screen() {
    let pictures = fenced_text(|| {
        let Some(browser) = Browser::open() else { return String::new() };
        let port = free_port().to_string();
        let socket = std::env::temp_dir().join("shop.sock").to_string_lossy().into_owned();
        let shop = example("shop", &[], &[("SHOP_PORT", &port), ("SHOP_SOCKET", &socket)]);
        fs::remove_file(shop.root().join("Procfile")).expect("a file");
        let up = shop.script("exec devsup up").sees("worker: order 5 done");
        let served = up.checkout().serve();
        browser.go(&served.url());
        browser.waits_until("document.querySelector('[data-instance=worker]')");
        browser.waits_until("document.querySelector('#activity .said')");
        let said = browser.texts("#activity .said").concat();
        assert!(said.contains("services are up") && !said.contains("^J"), "{said}");
        // The curves of use grow by a point with each look.
        browser.waits_until(
            "document.querySelector('.spark .line')?.getAttribute('d')?.split('L').length > 8",
        );
        let mut pictures = String::new();
        for (name, width, height, scheme) in SCREENS {
            browser.screen(width, height, scheme);
            for tab in TABS {
                browser.clicks(&format!("#tab-{tab}"));
                browser.waits_until(&format!("!document.getElementById('view-{tab}').hidden"));
                if tab == "logs" {
                    browser.waits_until("document.querySelectorAll('#log .line').length > 5");
                }
                fits(&browser, &format!("{name}, {tab}"));
                pictures += &format!("{name}-{tab} {}\n", browser.picture());
            }
        }
        drop(browser);
        served.close();
        up.signal(Signal::SIGINT).ends_with(Exit::Ok).leaves_nothing();
        pictures
    });
    pictures.unwrap_or_default().lines().for_each(keep);
}

/// Nothing is wider than the screen.
fn fits(browser: &Browser, what: &str) {
    let root = "document.documentElement";
    browser.run("return new Promise((drawn) => requestAnimationFrame(() => drawn(true)))");
    let wide = browser.run(&format!("return {root}.scrollWidth - {root}.clientWidth"));
    assert_eq!(wide, 0, "{what} is wider than the screen");
}

/// Writes a line of name and picture to where it is looked for.
fn keep(line: &str) {
    let (name, text) = line.split_once(' ').expect("a name and a picture");
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pictures");
    fs::create_dir_all(&directory).expect("a directory");
    let picture = bytes(text);
    fs::write(directory.join(format!("{name}.webp")), &picture).expect("a file");
    if name == "page-services" && std::env::var_os(RENEW).is_some() {
        fs::write(repository().join("examples/pictures/page.webp"), picture).expect("a file");
    }
}

/// Base 64 to bytes.
fn bytes(text: &str) -> Vec<u8> {
    let value = |letter: u8| match letter {
        b'A'..=b'Z' => letter - b'A',
        b'a'..=b'z' => letter - b'a' + 26,
        b'0'..=b'9' => letter - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let letters: Vec<u8> = text.bytes().filter(|letter| *letter != b'=').map(value).collect();
    let group = |four: &[u8]| {
        let all = four.iter().fold(0_u32, |all, six| all << 6 | u32::from(*six));
        let all = all << (6 * (4 - four.len())) << 8;
        all.to_be_bytes()[..four.len() - 1].to_vec()
    };
    letters.chunks(4).flat_map(group).collect()
}

#[test]
fn pictures_are_decoded() {
    assert_eq!(bytes("TWFu"), b"Man");
    assert_eq!(bytes("TWE="), b"Ma");
    assert_eq!(bytes("TQ=="), b"M");
}
