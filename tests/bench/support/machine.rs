//! The machine under a benchmark: folders to work in, memory, time, children.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A folder of this benchmark's own, empty.
pub fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder to work in");
    folder
}

/// What one run of this program itself in a child process prints on its last line, as JSON. Each
/// measurement gets a process of its own, so that no memory or cache is left over from the last.
pub fn in_child(args: &[&str]) -> serde_json::Value {
    let myself = std::env::current_exe().expect("the path of this program");
    let out = Command::new(myself).args(args).stderr(Stdio::inherit()).output().expect("a child process");
    assert!(out.status.success(), "the child failed: {args:?}");
    let text = String::from_utf8(out.stdout).expect("text");
    let last = text.lines().last().unwrap_or_default();
    serde_json::from_str(last).expect(last)
}

/// Starts this program itself once more, to go on until it is killed.
pub fn beside(args: &[&str]) -> Killed {
    let myself = std::env::current_exe().expect("the path of this program");
    let child = Command::new(myself).args(args).stdout(Stdio::piped()).spawn().expect("a child process");
    Killed(child)
}

impl Killed {
    /// Its number, as `/proc` names it.
    pub fn pid(&self) -> String {
        self.0.id().to_string()
    }

    /// Waits for the first line that it prints, as JSON; it may go on afterwards.
    pub fn line(&mut self) -> serde_json::Value {
        use std::io::{BufRead, BufReader};
        let mut line = String::new();
        let out = self.0.stdout.as_mut().expect("its output");
        BufReader::new(out).read_line(&mut line).expect("a line");
        serde_json::from_str(&line).expect(&line)
    }
}

/// A child that is killed when this is dropped.
pub struct Killed(pub Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A field of `/proc/PID/status` in MB: `VmRSS`, `VmHWM`.
pub fn memory_mb(pid: &str, field: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with(field)).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1024.0
}

/// What a process (`self`, or its number) has written so far: bytes, and calls that wrote them.
pub fn written(pid: &str) -> (f64, f64) {
    let io = std::fs::read_to_string(format!("/proc/{pid}/io")).unwrap_or_default();
    let field = |name: &str| {
        let line = io.lines().find(|l| l.starts_with(name)).unwrap_or_default();
        line.split(' ').nth(1).and_then(|n| n.parse::<f64>().ok()).unwrap_or(f64::NAN)
    };
    (field("wchar"), field("syscw"))
}

/// The processor time of a process (`self`, or its number) so far, in seconds.
pub fn cpu_seconds(pid: &str) -> f64 {
    // To the nanosecond, a file for each thread; the line of the whole process counts hundredths only.
    let threads = std::fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let nanos = threads.filter_map(|thread| {
        let line = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
        line.split(' ').next()?.parse::<f64>().ok()
    });
    nanos.sum::<f64>() / 1e9
}

/// A free port of the loopback.
pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("its address").port()
}

/// Waits until `GET path` answers 200, and tells how long it took.
pub fn wait_for(port: u16, path: &str, limit: Duration) -> Option<Duration> {
    let begun = Instant::now();
    while begun.elapsed() < limit {
        if get(port, path).is_some_and(|answer| answer.starts_with("HTTP/1.1 200")) {
            return Some(begun.elapsed());
        }
        std::thread::sleep(Duration::from_micros(500));
    }
    None
}

/// One `GET`, whole answer.
pub fn get(port: u16, path: &str) -> Option<String> {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    Some(String::from_utf8_lossy(&answer).into_owned())
}
