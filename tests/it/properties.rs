//! Properties: what must hold for any sequence of deliveries, steps and instants, tried on many.
//! Seeds that once failed stand beside this file and are tried first.

mod calendars;
mod collecting;
mod complaints;
mod goodwill;
mod handovers;
mod obligations;
mod orders;
mod replicas;
mod states;
mod talk;

use proptest::test_runner::Config;

/// How many cases to try: few in an ordinary run, `WEBCARED_LONG` times as many in a long one.
fn cases(few: u32) -> Config {
    let times = std::env::var("WEBCARED_LONG").ok().and_then(|n| n.parse().ok()).unwrap_or(1);
    Config { cases: few * times, max_shrink_iters: 400, ..Config::default() }
}

fn block_on<F: Future>(work: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(work)
}
