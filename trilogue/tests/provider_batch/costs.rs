//! Prices and budgets of batches at a provider.

use serde_json::{Value, json};
use trilogue::batch::{End, Via};
use trilogue::cost::Dollars;
use trilogue::{Client, ErrorKind, Options, RequestOptions};

use crate::setting::{Setting, chat, message, rows};

#[tokio::test]
async fn a_budget_ends_the_run_before_rows_that_it_does_not_cover() {
    let setting = Setting::new(json!({"polls": 1})).await;
    let batch = || setting.client.batch(setting.input(&rows(10))).log(setting.log()).via(Via::Provider);
    let one = setting.client.batch(setting.input(&rows(1))).log(setting.folder.join("one")).via(Via::Provider);
    let cost = one.run().await.unwrap().cost;
    // A row reserves more than it costs, so the rows come in several batches.
    let summary = batch().budget(cost.times(13)).run().await.unwrap();
    assert_eq!(summary.end, End::Budget);
    assert!((1..10).contains(&summary.answered) && summary.cost <= cost.times(13), "{summary:?}");
    let summary = batch().budget(cost.times(1000)).run().await.unwrap();
    assert_eq!((summary.end, summary.answered), (End::Complete, 10));
    let nothing = batch().budget(Dollars::ZERO);
    assert_eq!(nothing.run().await.unwrap().end, End::Complete);
}

/// Options with prices of a model that the catalog does not have: a dollar for a million tokens of input, 10 for those of output.
fn priced(setting: &Setting, model: &str) -> Options {
    let prices = json!({model: {"input": "1", "output": "10"}});
    Options { prices, budget: json!("1"), ..setting.options() }
}

#[tokio::test]
async fn the_price_of_the_requested_model_counts_though_another_one_answers() {
    for kind in ["chat", "messages"] {
        let mut setting = Setting::new(json!({"polls": 1, "model": "the-model-behind-it"})).await;
        setting.client = Client::new(priced(&setting, "alias")).unwrap();
        let row = |text: &str| {
            let mut row = if kind == "chat" { chat(text, "alias", text) } else { message(text, text) };
            let request = if kind == "chat" { "body" } else { "params" };
            row[request]["model"] = json!("alias");
            row
        };
        let summary = setting.run(&[row("one"), row("two")]).await.unwrap();
        // Half of 10 tokens of input and 5 of output, twice.
        assert_eq!((summary.answered, summary.cost), (2, Dollars::of_a_million("60").unwrap()), "{kind}");
        let before = setting.client.spent();
        assert_eq!((before.unknown, before.budget.unwrap().spent), (0, summary.cost), "{kind}");
        // The budget is charged the highest possible cost of an answer without usage.
        let summary = setting.run(&[row("one"), row("two"), row("no usage")]).await.unwrap();
        assert_eq!((summary.answered, summary.cost), (3, before.total), "{kind}");
        let spent = setting.client.spent();
        let charged = spent.budget.unwrap().spent.less(before.total);
        // At least the ten tokens that the answer may have.
        assert!(charged > Dollars::of_a_million("50").unwrap(), "{kind}: {charged}");
        assert_eq!((spent.unknown, spent.total), (1, before.total), "{kind}");
    }
}

#[tokio::test]
async fn the_budget_of_each_request_is_checked_before_it_is_sent() {
    let setting = Setting::new(json!({"polls": 1})).await;
    let run = |budget: Value| {
        let client = setting.client.with_options(RequestOptions { budget, ..RequestOptions::default() });
        let batch = client.batch(setting.input(&rows(2))).log(setting.log()).via(Via::Provider);
        async move { batch.run().await }
    };
    let error = run(json!("0.0000001")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BudgetExceeded);
    assert!(error.message().contains("in.jsonl, line 1: the request can cost $0.0000"), "{error}");
    assert!(error.message().contains("in a batch, and its budget is $0.0000001; lower max_tokens"), "{error}");
    let error = run(json!("much")).await.unwrap_err();
    assert!(error.message().contains("budget must be an amount of dollars"), "{error}");
    assert_eq!(setting.counts(), (0, 0));
    assert_eq!(run(json!("1")).await.unwrap().answered, 2);
}
