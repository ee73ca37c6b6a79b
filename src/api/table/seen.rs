//! Which read shows what a write changes: by its `ETag` somebody says what they saw of it.

use super::{Endpoint, Sort};

/// Paths of writes by how they begin, and the read that shows the thing.
const READS: [(&str, &str); 16] = [
    ("/back-door/cases/{case}", "/cases/{case}"),
    ("/brands/{brand}/library/{answer}", "/brands/{brand}/library/{answer}"),
    ("/brands/{brand}/library", "/brands/{brand}/library"),
    ("/brands/{brand}/templates", "/brands/{brand}/templates"),
    ("/briefing/lines/{briefing}/", "/briefing/lines/{briefing}"),
    ("/cases/{case}/", "/cases/{case}"),
    ("/checks/{case}", "/cases/{case}"),
    ("/day-notes/{note}/", "/day-notes/{note}"),
    ("/findings/{finding}", "/findings/{finding}"),
    ("/incidents/{incident}/", "/incidents/{incident}"),
    ("/peaks/{peak}/", "/peaks/{peak}"),
    ("/people/{login}/", "/people/{login}"),
    ("/planner/shifts/{shift}/", "/planner/shifts/{shift}"),
    ("/planner/swaps/{swap}/", "/planner/swaps/{swap}"),
    ("/policies/{policy}/versions", "/policies/{policy}/versions"),
    ("/tokens/{token}/", "/tokens/{token}"),
];

/// The same routes, where writes know the read that shows what they change.
pub(super) fn with_reads(mut all: Vec<Endpoint>) -> Vec<Endpoint> {
    let reads: Vec<_> = all.iter().filter(|e| e.sort == Sort::Read).map(|e| (e.path, e.run)).collect();
    for endpoint in all.iter_mut().filter(|e| e.sort == Sort::Write && e.method == "POST") {
        let named = READS.iter().find(|(begins, _)| endpoint.path.starts_with(begins));
        endpoint.seen = named.and_then(|(_, read)| reads.iter().find(|(path, _)| path == read)).copied();
    }
    all
}

#[cfg(test)]
mod tests {
    use super::super::table;
    use super::*;

    #[test]
    fn every_beginning_is_of_a_write_and_every_read_is_there() {
        let all = table();
        for (begins, read) in READS {
            assert!(all.iter().any(|e| e.sort == Sort::Read && e.path == read), "{read}");
            let of: Vec<_> = all.iter().filter(|e| e.seen.is_some_and(|s| s.0 == read)).collect();
            assert!(of.iter().any(|e| e.path.starts_with(begins)), "{begins}");
            assert!(of.iter().all(|e| e.problems().contains(&super::super::Kind::Stale)), "{begins}");
        }
        assert!(all.iter().all(|e| e.seen.is_none() || e.sort == Sort::Write), "acts name a version as ever");
    }
}
