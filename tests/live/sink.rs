//! A mail server that takes what the brand sends and keeps a ledger of it. On demand it says 'later', says
//! 'never', or takes a mail and stays silent.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// The server; it runs as long as the test.
#[derive(Default)]
pub struct Sink {
    mails: Mutex<Vec<String>>,
    /// So many of the next mails are put off.
    pub later: AtomicUsize,
    /// So many of the next mails are refused.
    pub never: AtomicUsize,
    /// So many of the next mails are taken without a word.
    pub silent: AtomicUsize,
}

fn one_of(count: &AtomicUsize) -> bool {
    count.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok()
}

impl Sink {
    pub async fn start() -> (Arc<Self>, u16) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let sink = Arc::new(Self::default());
        let serving = sink.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let sink = serving.clone();
                tokio::spawn(async move { sink.serve(stream).await });
            }
        });
        (sink, port)
    }

    /// Every mail that was taken, as it came.
    pub fn mails(&self) -> Vec<String> {
        self.mails.lock().unwrap().clone()
    }

    async fn serve(&self, stream: TcpStream) {
        let mut stream = BufReader::new(stream);
        let mut line = String::new();
        let mut answer = "220 sink\r\n";
        loop {
            if stream.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
            line.clear();
            if !stream.read_line(&mut line).await.is_ok_and(|n| n > 0) {
                return;
            }
            let word = line.split([' ', ':']).next().unwrap_or_default().trim().to_uppercase();
            answer = match word.as_str() {
                "MAIL" if one_of(&self.later) => "451 4.7.1 greylisted\r\n",
                "RCPT" if one_of(&self.never) => "550 5.1.1 nobody of that name\r\n",
                "QUIT" => return,
                "DATA" => {
                    if stream.write_all(b"354 go on\r\n").await.is_err() {
                        return;
                    }
                    let mut mail = String::new();
                    while !mail.ends_with("\r\n.\r\n") {
                        if !stream.read_line(&mut mail).await.is_ok_and(|n| n > 0) {
                            return;
                        }
                    }
                    self.mails.lock().unwrap().push(mail);
                    if one_of(&self.silent) {
                        std::future::pending::<()>().await;
                    }
                    "250 taken\r\n"
                }
                _ => "250 fine\r\n",
            };
        }
    }
}
