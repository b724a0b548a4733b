//! The stand-in's own tests, over real sockets.

mod methods;
mod polling;
mod refusals;

use std::time::Duration;

use serde_json::Value;

use super::{BotApi, BotApiOptions, Learner, LearnerProfile};
use crate::sandbox::testkit::{self, Heard};

/// Far longer than anything here takes; only a broken test waits so long.
const TIME_LIMIT: Duration = Duration::from_secs(20);

async fn start() -> BotApi {
    BotApi::start(BotApiOptions::default()).await.unwrap()
}

fn ana(api: &BotApi) -> Learner {
    api.learner(LearnerProfile::new(11, "Ana", "pt-br"))
}

fn target(api: &BotApi, method: &str) -> String {
    format!("/bot{}/{method}", api.token())
}

async fn call(api: &BotApi, method: &str, params: &Value) -> Heard {
    testkit::post(api.addr(), &target(api, method), params).await
}

async fn ok(api: &BotApi, method: &str, params: &Value) -> Value {
    let heard = call(api, method, params).await;
    assert_eq!(heard.status, 200, "{method}: {}", String::from_utf8_lossy(&heard.body));
    heard.json()["result"].clone()
}

async fn refused(api: &BotApi, method: &str, params: &Value, code: u16, description: &str) -> Value {
    let heard = call(api, method, params).await;
    let body = heard.json();
    assert_eq!((heard.status, heard.description().as_str()), (code, description), "{method} {params}");
    assert_eq!((&body["ok"], body["error_code"].as_u64()), (&Value::Bool(false), Some(u64::from(code))));
    body["parameters"].clone()
}
