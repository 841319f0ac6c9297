//! A real browser, driven by the WebDriver protocol: JSON over HTTP, as much of
//! it as the tests need.

use super::skip;
use super::wait::{until, until_so};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Long past anything a page does.
const PATIENCE: Duration = Duration::from_secs(60);

/// A browser with one page.
pub struct Browser {
    driver: Child,
    port: u16,
    session: String,
}

impl Browser {
    /// Opens one; says why the test is skipped where there is none.
    pub fn open() -> Option<Self> {
        let missing = |program: &&str| Command::new(program).arg("--version").output().is_err();
        if let Some(program) = ["chromedriver", "chromium"].iter().find(missing) {
            skip("browser", &format!("there is no `{program}`"));
            return None;
        }
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("its version could be asked");
        let port = port(&mut driver);
        let mut browser = Self { driver, port, session: String::new() };
        let arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];
        let options = json!({"args": arguments});
        let wanted = json!({"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}});
        let session = browser.ask("POST", "/session", &wanted);
        browser.session = session["sessionId"].as_str().expect("there is a session").to_owned();
        Some(browser)
    }

    pub fn go(&self, url: &str) {
        self.ask("POST", &self.path("/url"), &json!({"url": url}));
    }

    /// What this JavaScript returns.
    pub fn run(&self, script: &str) -> Value {
        self.ask("POST", &self.path("/execute/sync"), &json!({"script": script, "args": []}))
    }

    /// Waits until this expression is true.
    pub fn waits_until(&self, expression: &str) {
        let script = format!("return Boolean({expression})");
        until_so(&format!("`{expression}` in the page"), || self.run(&script) == true);
    }

    /// Waits until this expression has a value, and tells it.
    pub fn waits_for(&self, expression: &str) -> Value {
        let script = format!("return {expression}");
        until(&format!("`{expression}` has a value in the page"), || {
            let value = self.run(&script);
            (!value.is_null()).then_some(value)
        })
    }

    /// Clicks on what this selector finds, once it is there.
    pub fn clicks(&self, selector: &str) {
        let found = format!("document.querySelector({})", json!(selector));
        self.waits_until(&format!("{found} && !{found}.disabled"));
        self.run(&format!("{found}.click()"));
    }

    /// Texts of all that this selector finds.
    pub fn texts(&self, selector: &str) -> Vec<String> {
        let script = format!(
            "return [...document.querySelectorAll({})].map((one) => one.textContent)",
            json!(selector)
        );
        let texts = self.run(&script);
        let texts = texts.as_array().cloned().unwrap_or_default();
        texts.iter().filter_map(|text| text.as_str().map(str::to_owned)).collect()
    }

    fn path(&self, rest: &str) -> String {
        format!("/session/{}{rest}", self.session)
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("the driver listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout can be set");
        let body = if method == "POST" { body.to_string() } else { String::new() };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost:{}\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.port,
            body.len()
        );
        stream.write_all(request.as_bytes()).expect("the driver reads");
        let answer = read(stream);
        let value = answer["value"].clone();
        assert!(value.get("error").is_none(), "{method} {path} {body}: {value}");
        value
    }
}

/// Reads an answer of a known length: the driver keeps connections open.
fn read(stream: TcpStream) -> Value {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        let count = reader.read_line(&mut line).expect("the driver answers");
        let (name, value) = line.trim().split_once(':').unwrap_or_default();
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().expect("a length is a number");
        }
        if count <= 2 {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("the driver says it all");
    serde_json::from_slice(&body).expect("the driver speaks JSON")
}

/// The driver says where it listens.
fn port(driver: &mut Child) -> u16 {
    let mut out = BufReader::new(driver.stdout.take().expect("it is a pipe"));
    loop {
        let mut line = String::new();
        let count = out.read_line(&mut line).expect("the driver speaks");
        assert!(count > 0, "the driver ended before it listened");
        let said = line.split("on port ").nth(1);
        if let Some(port) = said.and_then(|rest| rest.trim().trim_end_matches('.').parse().ok()) {
            // Read on, or the driver would stop at a full pipe.
            std::thread::spawn(move || std::io::copy(&mut out, &mut std::io::sink()));
            return port;
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if !std::thread::panicking() && !self.session.is_empty() {
            self.ask("DELETE", &self.path(""), &Value::Null);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
