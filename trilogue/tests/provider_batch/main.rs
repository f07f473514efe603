//! Batches at a provider: formats and models, results and errors, and runs that end early at any point.

mod costs;
mod setting;

use std::pin::Pin;
use std::sync::mpsc;
use std::time::Duration;

use serde_json::json;
use trilogue::batch::{End, EqualRows, Via};
use trilogue::cost::Dollars;
use trilogue::{Client, ErrorKind, Options};

use crate::setting::{MODEL, NONCE, Setting, chat, message, rows};

#[tokio::test]
async fn rows_are_answered_in_batches_of_one_format_and_model() {
    let setting = Setting::new(json!({"polls": 1})).await;
    let mut input = rows(5);
    input.push(chat("other", "other-model", "a row of another model"));
    input.extend((0..3).map(|row| message(&format!("m{row}"), &format!("message {row}"))));
    input.push(chat("bad", MODEL, "status 400"));
    input.push(message("bad message", "status 400 "));
    let summary = setting.run(&input).await.unwrap();
    assert_eq!(
        (summary.end, summary.rows, summary.answered, summary.failed, summary.open),
        (End::Complete, 11, 9, 2, 0)
    );
    assert_eq!(setting.counts(), (2, 3));
    let lines = setting.lines();
    let line = |id: &str| lines.iter().find(|line| line["custom_id"] == id).unwrap();
    let answer = line("id 3");
    assert_eq!(answer["response"]["body"]["choices"][0]["message"]["content"], "Answer to row 3");
    assert_eq!(
        (&answer["usage"], &answer["outcome"]),
        (&json!({"input_tokens": 10, "output_tokens": 5}), &json!("answered"))
    );
    assert_eq!(line("m1")["response"]["body"]["content"][0]["text"], "Answer to message 1");
    assert_eq!(line("other")["response"]["body"]["model"], "other-model");
    for id in ["bad", "bad message"] {
        let line = line(id);
        assert_eq!((&line["outcome"], &line["response"]["status_code"]), (&json!("failed"), &json!(400)), "{id}");
        assert_eq!(line["error"]["type"], "BadRequestError", "{id}");
    }
    // Half of the price.
    let full = Dollars::of_a_million("0.039").unwrap().times(10) + Dollars::of_a_million("0.19").unwrap().times(5);
    assert_eq!(answer["cost"], full.half().to_string());
    assert_eq!(summary.cost, setting.client.spent().total);
    // The same run has nothing to do.
    assert_eq!(setting.run(&input).await.unwrap().resumed, 11);
    assert_eq!(setting.counts(), (2, 3));
}

#[tokio::test]
async fn the_same_run_goes_on_with_the_batch_of_a_run_that_ended() {
    for kind in ["chat", "messages"] {
        let setting = Setting::new(json!({"polls": 1_000_000})).await;
        let input = if kind == "chat" {
            rows(20)
        } else {
            (0..20).map(|row| message(&format!("m{row}"), &format!("row {row}"))).collect()
        };
        setting.kill_after(&input, 1).await;
        // Calls would be paid twice.
        let refused = setting.client.batch(setting.folder.join("in.jsonl")).log(setting.log()).run().await.unwrap_err();
        assert!(refused.message().contains("of 20 rows at the provider"), "{refused}");
        setting.server.set_faults(NONCE, &json!({"polls": 1}));
        let summary = setting.run(&input).await.unwrap();
        assert_eq!((summary.end, summary.answered), (End::Complete, 20), "{kind}");
        assert_eq!(setting.counts().1, 1, "{kind}");
        setting.check_once(20);
    }
}

#[tokio::test]
async fn nothing_is_uploaded_or_created_twice_after_a_lost_reply() {
    for (kind, lost, counts) in [
        ("chat", json!({"POST batches": 1}), (1, 1)),
        ("chat", json!({"POST batches": 1, "GET batches": 1}), (1, 1)),
        ("messages", json!({"POST messages/batches": 1}), (0, 1)),
    ] {
        let setting = Setting::new(json!({"polls": 1, "lost": lost})).await;
        let input = if kind == "chat" {
            rows(3)
        } else {
            vec![message("a", "one"), message("b", "two"), message("c", "three")]
        };
        let summary = setting.run(&input).await.unwrap();
        assert_eq!((summary.end, summary.answered), (End::Complete, 3), "{kind} {lost}");
        assert_eq!(setting.counts(), counts, "{kind} {lost}");
        setting.check_once(3);
    }
}

#[tokio::test]
async fn an_error_with_a_status_of_success_does_not_show_that_there_is_nothing() {
    for (kind, lost, errors, counts) in [
        ("chat", "POST files", json!({"GET files": 1, "POST batches": 1}), (1, 1)),
        ("chat", "POST batches", json!({"GET batches": 1, "GET batches/batch_0": 2}), (1, 1)),
        (
            "messages",
            "POST messages/batches",
            json!({"GET messages/batches": 1, "GET messages/batches/msgbatch_0": 1}),
            (0, 1),
        ),
    ] {
        let setting = Setting::new(json!({"polls": 1, "lost": {lost: 1}})).await;
        let input = if kind == "chat" { rows(2) } else { vec![message("a", "one"), message("b", "two")] };
        let killed = Client::new(Options { max_retries: Some(0), ..setting.options() }).unwrap();
        let killed = killed.batch(setting.input(&input)).log(setting.log()).via(Via::Provider).run().await;
        assert_eq!(killed.unwrap_err().kind(), ErrorKind::Connection);
        setting.server.set_faults(NONCE, &json!({"polls": 1, "errors": errors}));
        let summary = setting.run(&input).await.unwrap();
        assert_eq!((summary.end, summary.answered), (End::Complete, 2), "{errors}");
        assert_eq!(setting.counts(), counts, "{errors}");
        setting.check_once(2);
    }
    // A creation that never succeeds ends.
    for errors in [json!({"POST batches": 100}), json!({"GET batches": 100})] {
        let setting = Setting::new(json!({"polls": 1, "lost": {"POST batches": 1}, "errors": errors})).await;
        let error = setting.run(&rows(2)).await.unwrap_err();
        assert!(error.message().contains("the server is not ready"), "{error}");
        setting.server.set_faults(NONCE, &json!({"polls": 1}));
        assert_eq!(setting.run(&rows(2)).await.unwrap().answered, 2);
        assert_eq!(setting.counts(), (1, 1), "{errors}");
    }
}

#[tokio::test]
async fn a_run_that_was_killed_after_any_request_uploads_and_creates_once() {
    for (path, kind) in [("POST files", "chat"), ("POST batches", "chat"), ("POST messages/batches", "messages")] {
        // The client gives up at the first lost reply, as if it were killed.
        let mut setting = Setting::new(json!({"polls": 1, "lost": {path: 1}})).await;
        setting.client = Client::new(Options { max_retries: Some(0), ..setting.options() }).unwrap();
        let input = if kind == "chat" {
            rows(3)
        } else {
            vec![message("a", "one"), message("b", "two"), message("c", "three")]
        };
        let error = setting.run(&input).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connection, "{path}: {error}");
        let summary = setting.run(&input).await.unwrap();
        assert_eq!((summary.end, summary.answered), (End::Complete, 3), "{path}");
        assert_eq!(setting.counts(), (u64::from(kind == "chat"), 1), "{path}");
        setting.check_once(3);
    }
}

#[tokio::test]
async fn results_of_a_download_that_broke_off_are_written_once() {
    for kind in ["chat", "messages"] {
        let setting = Setting::new(json!({"polls": 1, "cut": 2000})).await;
        let input = if kind == "chat" {
            rows(50)
        } else {
            (0..50).map(|row| message(&format!("m{row}"), &format!("row {row}"))).collect()
        };
        let summary = setting.run(&input).await.unwrap();
        assert_eq!((summary.end, summary.answered), (End::Complete, 50), "{kind}");
        setting.check_once(50);
    }
}

#[tokio::test]
async fn requests_without_an_answer_are_failed_rows() {
    for kind in ["chat", "messages"] {
        let setting = Setting::new(json!({"polls": 1, "ends": "expired", "answers": 3})).await;
        let input = if kind == "chat" {
            rows(5)
        } else {
            (0..5).map(|row| message(&format!("m{row}"), &format!("row {row}"))).collect()
        };
        let summary = setting.run(&input).await.unwrap();
        assert_eq!((summary.end, summary.answered, summary.failed), (End::Complete, 3, 2), "{kind}");
        let lines = setting.lines();
        let failed = lines.iter().filter(|line| line["outcome"] == "failed");
        assert!(failed.clone().all(|line| line["error"]["code"] == "batch_expired"), "{kind}: {lines:?}");
        setting.server.set_faults(NONCE, &json!({"polls": 1}));
        let batch = setting.client.batch(setting.input(&input)).log(setting.log()).via(Via::Provider).retry_failed();
        assert_eq!(batch.run().await.unwrap().answered, 5, "{kind}");
        assert_eq!(setting.lines().len(), 5, "{kind}");
        assert_eq!(setting.counts().1, 2, "{kind}");
    }
}

#[tokio::test]
async fn a_batch_that_the_provider_refuses_is_an_error_and_its_rows_are_open() {
    let setting = Setting::new(json!({"polls": 1, "ends": "failed"})).await;
    let error = setting.run(&rows(2)).await.unwrap_err();
    assert_eq!((error.kind(), error.fields().code.as_deref()), (ErrorKind::BadRequest, Some("invalid_json_line")));
    assert!(error.message().contains("batch_0: the batch is refused"), "{error}");
    setting.server.set_faults(NONCE, &json!({"polls": 1}));
    assert_eq!(setting.run(&rows(2)).await.unwrap().answered, 2);
}

#[tokio::test]
async fn a_batch_waits_for_another_one_if_the_provider_has_no_space() {
    let setting = Setting::new(json!({"polls": 1, "most": 1})).await;
    let mut input = rows(2);
    input.push(chat("other", "other-model", "another row"));
    let summary = setting.run(&input).await.unwrap();
    assert_eq!((summary.end, summary.answered), (End::Complete, 3));
    // The file of the second batch is used again.
    assert_eq!(setting.counts(), (2, 3));
}

#[tokio::test]
async fn a_batch_without_space_is_created_by_a_later_run() {
    let setting = Setting::new(json!({"polls": 1, "most": 0})).await;
    for _ in 0..2 {
        let error = setting.run(&rows(2)).await.unwrap_err();
        assert_eq!(error.fields().code.as_deref(), Some("token_limit_exceeded"), "{error}");
    }
    setting.server.set_faults(NONCE, &json!({"polls": 1}));
    let summary = setting.run(&rows(2)).await.unwrap();
    assert_eq!((summary.end, summary.answered), (End::Complete, 2));
    // The file is uploaded once.
    assert_eq!(setting.counts(), (1, 3));
}

#[tokio::test]
async fn equal_rows_are_in_one_batch_once() {
    let setting = Setting::new(json!({"polls": 1})).await;
    let row = |model: &str, text: &str| json!({"model": model, "messages": [{"role": "user", "content": text}]});
    let input =
        [row("a", "1"), row("b", "2"), row("a", "1"), row("a", "3"), row("b", "2"), row("b", "4"), row("a", "1")];
    let batch = setting.client.batch(setting.input(&input)).log(setting.log()).via(Via::Provider);
    let summary = batch.equal_rows(EqualRows::Once).run().await.unwrap();
    assert_eq!((summary.answered, summary.repeated, setting.counts()), (4, 3, (2, 2)));
    setting.check_once(4);
}

#[tokio::test]
async fn a_stopped_run_ends_at_once_and_goes_on_later() {
    let setting = Setting::new(json!({"polls": 1_000_000})).await;
    let batch = setting.client.batch(setting.input(&rows(3))).log(setting.log()).via(Via::Provider);
    let control = batch.control();
    let stop = async {
        while setting.counts().1 == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        control.stop();
    };
    let (summary, ()) = tokio::join!(batch.run(), stop);
    assert_eq!((summary.as_ref().unwrap().end, summary.unwrap().open), (End::Stopped, 3));
    setting.server.set_faults(NONCE, &json!({"polls": 1}));
    assert_eq!(setting.run(&rows(3)).await.unwrap().answered, 3);
    assert_eq!(setting.counts(), (1, 1));
}

#[test]
fn rows_that_an_aborted_run_did_not_reach_keep_their_errors() {
    // One thread reads files, so that the run is aborted while its rows wait for that thread.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(1).build().unwrap();
    runtime.block_on(async {
        let setting = Setting::new(json!({"polls": 1, "ends": "expired", "answers": 1})).await;
        assert_eq!(setting.run(&rows(3)).await.unwrap().failed, 2);
        let batch = setting.client.batch(setting.input(&rows(3))).log(setting.log()).via(Via::Provider).retry_failed();
        let control = batch.control();
        let mut run = Box::pin(batch.run());
        let poll = async |run: &mut Pin<Box<_>>| {
            tokio::select! {
                biased;
                ended = run => panic!("{ended:?}"),
                () = tokio::task::yield_now() => {}
            }
        };
        // The first work of the thread reads the log, and the next one waits until it is released.
        poll(&mut run).await;
        let (release, released) = mpsc::channel::<()>();
        let waiting = tokio::task::spawn_blocking(move || released.recv());
        while control.summary().rows == 0 {
            poll(&mut run).await;
        }
        control.abort();
        poll(&mut run).await;
        release.send(()).unwrap();
        let summary = run.await.unwrap();
        assert_eq!((summary.end, summary.answered, summary.failed, summary.open), (End::Stopped, 1, 2, 0));
        waiting.await.unwrap().unwrap();
    });
}

#[tokio::test]
async fn a_changed_input_is_refused_while_its_batch_is_open() {
    let setting = Setting::new(json!({"polls": 1_000_000})).await;
    let mut original = rows(4);
    original.insert(2, chat("other", "other-model", "a row of another model"));
    for row in &mut original[3..] {
        // A row without a name is known by its place and its content.
        row.as_object_mut().unwrap().shift_remove("custom_id");
    }
    setting.kill_after(&original, 2).await;
    let mut changed = original.clone();
    changed[0]["body"]["max_tokens"] = json!(11);
    let added = [&original[..1], &rows(9)[8..], &original[1..]].concat();
    let first = [&rows(9)[8..], &original[..]].concat();
    let mut swapped = original.clone();
    swapped.swap(3, 4);
    for input in [&changed, &added, &first, &swapped, &original[1..].to_vec(), &original[..4].to_vec()] {
        let error = setting.run(input).await.unwrap_err();
        assert!(
            error.message().contains("in.jsonl: rows of the lines 1 to 5 were added, removed, moved or changed"),
            "{error}"
        );
        assert!(error.message().contains("batch_0; restore the input until the batch has ended"), "{error}");
    }
    assert_eq!(setting.counts(), (2, 2), "nothing was sent");
    // Rows after those of the batch may be added, and rows that are only moved within it have the same answers.
    let mut longer = original.clone();
    longer.swap(0, 1);
    longer.push(chat("last", MODEL, "a later row"));
    setting.server.set_faults(NONCE, &json!({"polls": 1}));
    assert_eq!(setting.run(&longer).await.unwrap().answered, 6);
    setting.check_once(6);
}

#[tokio::test]
async fn rows_around_an_open_batch_are_in_batches_of_their_own() {
    let setting = Setting::new(json!({"polls": 1, "ends": "expired", "answers": 0})).await;
    let all = rows(4);
    // Rows 0 and 3 fail; empty lines keep the numbers of the lines.
    std::fs::write(setting.folder.join("in.jsonl"), format!("{}\n\n\n{}", all[0], all[3])).unwrap();
    let batch = || setting.client.batch(setting.folder.join("in.jsonl")).log(setting.log()).via(Via::Provider);
    assert_eq!(batch().run().await.unwrap().failed, 2);
    setting.server.set_faults(NONCE, &json!({"polls": 1_000_000}));
    setting.kill_after(&all, 2).await;
    // The batch of rows 1 and 2 ends after those of the rows around it.
    setting.server.set_faults(NONCE, &json!({"polls": 1, "running": [1]}));
    let mut run = Box::pin(batch().retry_failed().run());
    while std::fs::read_to_string(setting.log()).unwrap().matches(r#""outcome":"answered""#).count() < 2 {
        tokio::select! {
            ended = &mut run => panic!("{ended:?}"),
            () = tokio::time::sleep(Duration::from_millis(5)) => {}
        }
    }
    setting.server.set_faults(NONCE, &json!({"polls": 1}));
    let summary = run.await.unwrap();
    assert_eq!((summary.end, summary.answered, summary.failed), (End::Complete, 4, 0));
    let requests = setting.server.counts(NONCE)["requests"].clone();
    assert_eq!(requests, json!({"row 0": 2, "row 1": 1, "row 2": 1, "row 3": 2}));
}
