//! Answers as they come: good ones, odd ones, broken ones.

use super::*;
use crate::sandbox::chat_api::{ChatAnswer, Fate, Part};
use crate::sandbox::faults::{Act, On};
use crate::sandbox::http::{Reply, Shape};
use bytes::Bytes;

fn text(words: &str) -> Part {
    Part::Text(words.to_owned())
}

fn finish(reason: &str) -> Part {
    Part::Finish(reason.to_owned())
}

fn raw(bytes: impl Into<Vec<u8>>) -> Part {
    Part::Raw(Bytes::from(bytes.into()))
}

#[tokio::test]
async fn a_good_answer_grows_and_says_what_it_cost() {
    let scene = Scene::new().await;
    scene.chat.push_answer(ChatAnswer::words("One two three."));
    let mut answer = scene.models.stream(&ModelName::new("small"), &question("Hi")).await.unwrap();
    let mut seen = String::new();
    let end = loop {
        match answer.next().await.unwrap() {
            Step::Grew => {
                assert!(answer.text().starts_with(&seen));
                answer.text().clone_into(&mut seen);
            }
            Step::Ended(end) => break end,
        }
    };
    assert_eq!((answer.text(), end.cut), ("One two three.", false));
    let usage = end.usage.unwrap();
    assert!(usage.input > 0 && usage.output > 0, "{usage:?}");
    assert_eq!(answer.next().await.unwrap(), Step::Ended(end), "and says so again");
    let asked = &scene.chat.questions()[0];
    assert_eq!(
        asked.messages,
        [("system", "Be kind."), ("user", "Hi")].map(|(a, b)| (a.to_owned(), b.to_owned()))
    );
    assert_eq!(
        (asked.body["max_tokens"].as_u64(), asked.body["temperature"].as_f64()),
        (Some(512), Some(0.7))
    );
}

#[tokio::test]
async fn complete_is_what_the_server_called_so() {
    let scene = Scene::new().await;
    let good = |cut| Ok(("Hello.", cut));
    let hello = || text("Hello.");
    let euro = "data: {\"choices\":[{\"delta\":{\"content\":\"€5\"}}]}\n\n".as_bytes();
    let middle = euro.iter().position(|byte| *byte == 0x82).unwrap();
    for (what, parts, expected) in [
        ("a good one", vec![hello(), finish("stop"), Part::Done], good(false)),
        ("no end mark", vec![hello(), finish("stop")], good(false)),
        ("no finish reason", vec![hello(), Part::Done], good(false)),
        ("an empty finish reason", vec![hello(), finish(""), Part::Done], good(false)),
        ("at its limit", vec![hello(), finish("length"), Part::Usage, Part::Done], good(true)),
        ("broken after its end", vec![hello(), finish("stop"), Part::Cut], good(false)),
        ("an error after its end", vec![hello(), finish("stop"), Part::Error(500, "x".into())], good(false)),
        ("just ends", vec![hello()], Err("broken")),
        ("ends after an empty finish reason", vec![hello(), finish("")], Err("broken")),
        ("the connection breaks", vec![hello(), Part::Cut], Err("broken")),
        ("an error inside", vec![hello(), Part::Error(500, "CUDA error".into())], Err("failed")),
        ("too many inside", vec![Part::Error(429, "Rate limit reached".into())], Err("busy")),
        (
            "too long inside",
            vec![Part::Error(400, "This model's maximum context length is 9 tokens".into())],
            Err("context"),
        ),
        (
            "llama.cpp's error",
            vec![
                hello(),
                raw("error: {\"code\":500,\"message\":\"x\",\"type\":\"server_error\"}\n\n"),
                Part::Done,
            ],
            Err("failed"),
        ),
        (
            "vLLM's error",
            vec![raw("data: {\"object\":\"error\",\"message\":\"x\",\"code\":500}\n\n"), Part::Done],
            Err("failed"),
        ),
        ("an error in bare JSON", vec![raw("{\"error\":{\"message\":\"x\",\"code\":503}}\n")], Err("busy")),
        ("no JSON", vec![hello(), raw("data: oops\n\n"), Part::Done], Err("unreadable")),
        ("nothing", vec![finish("stop"), Part::Done], Err("empty")),
        ("white space", vec![text(" \n"), finish("stop"), Part::Done], Err("empty")),
        (
            "reasoning in its own field",
            vec![Part::Reasoning("secret".into()), hello(), finish("stop"), Part::Done],
            good(false),
        ),
        (
            "reasoning alone",
            vec![Part::Reasoning("secret".into()), finish("length"), Part::Done],
            Err("empty"),
        ),
        (
            "reasoning in tags, over chunks",
            ["<th", "ink>sec", "ret</thi", "nk>\n\nHel", "lo."]
                .map(text)
                .into_iter()
                .chain([finish("stop"), Part::Done])
                .collect(),
            good(false),
        ),
        (
            "reasoning whose beginning was kept back",
            vec![text("secret "), text("</think>\nHello."), finish("stop"), Part::Done],
            good(false),
        ),
        (
            "comments and other line ends",
            vec![
                raw(": keep-alive\r\n\r\n"),
                raw("data: {\"choices\":[{\"delta\":{\"content\":\"Hello.\"}}]}\r\n\r\n: ping\r\n\r\n"),
                raw(
                    "id: 7\r\nevent: message\r\ndata: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\r\n\r\n",
                ),
            ],
            good(false),
        ),
        (
            "half a character in a chunk",
            vec![
                raw(&euro[..middle]),
                Part::Pause(Duration::from_millis(5)),
                raw(&euro[middle..]),
                Part::Done,
            ],
            Ok(("€5", false)),
        ),
        (
            "content in parts, other choices, notes",
            vec![
                raw(
                    "data: {\"note\":1}\n\ndata: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"no\"}}]}\n\n",
                ),
                raw(
                    "data: {\"choices\":[{\"delta\":{\"content\":[{\"type\":\"thinking\",\"thinking\":[]},{\"type\":\"text\",\"text\":\"Hello.\"}]},\"finish_reason\":\"stop\"}]}\n\n",
                ),
            ],
            good(false),
        ),
        ("its last event is not ended", vec![hello(), raw("data: [DONE]")], good(false)),
        (
            "a line without end",
            vec![raw([b"data: ".to_vec(), vec![b'x'; 2 << 20]].concat()), Part::Stall],
            Err("unreadable"),
        ),
    ] {
        scene.chat.push_answer(ChatAnswer::parts(parts));
        let came = scene.ask("Hi").await;
        let came =
            came.as_ref().map(|(text, end)| (text.as_str(), end.cut)).map_err(|error| error.fault.kind());
        assert_eq!(came, expected, "{what}");
        // Whatever was wrong, the next one is asked for: this is not about the breaker.
        scene.chat.push_answer(ChatAnswer::words("Fine."));
        assert!(scene.ask("Hi").await.is_ok());
    }
}

#[tokio::test]
async fn usage_is_taken_from_a_chunk_without_choices() {
    let scene = Scene::new().await;
    scene.chat.push_answer(ChatAnswer::parts([
        text("Hello."),
        finish("stop"),
        raw("data: {\"choices\":[],\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":5}}\n\n"),
        Part::Done,
    ]));
    assert_eq!(scene.ask("Hi").await.unwrap().1.usage, Some(Usage { input: 11, output: 5 }));
    for uncounted in
        [vec![], vec![raw("data: {\"usage\":{\"prompt_tokens\":0,\"completion_tokens\":0}}\n\n")]]
    {
        let parts = [text("Hello."), finish("stop")].into_iter().chain(uncounted).chain([Part::Done]);
        scene.chat.push_answer(ChatAnswer::parts(parts));
        assert_eq!(scene.ask("Hi").await.unwrap().1.usage, None);
    }
}

#[tokio::test]
async fn a_long_answer_arrives_whole_and_one_without_end_is_cut() {
    let scene = Scene::new().await;
    let long: String = "Sätze. ".repeat(30_000 / 7);
    scene.chat.push_answer(ChatAnswer::words(&long));
    let (came, end) = scene.ask("Hi").await.unwrap();
    assert!(came == long.trim_end() && !end.cut, "{} of {} bytes", came.len(), long.len());
    scene.chat.push_answer(ChatAnswer::parts([Part::Forever("again ".repeat(100), Duration::ZERO)]));
    let (came, end) = scene.ask("Hi").await.unwrap();
    assert!(end.cut && (128 << 10..129 << 10).contains(&came.len()), "{} bytes", came.len());
}

#[tokio::test]
async fn endless_reasoning_and_endless_notes_end_with_the_deadline() {
    let scene = Scene::with(ChatOptions::default(), Patience::new(Duration::from_millis(400))).await;
    for forever in [Part::Forever("word ".to_owned(), Duration::from_millis(5)), Part::Stall] {
        scene.chat.push_answer(ChatAnswer::parts([text("Hello. "), forever]));
        assert_eq!(scene.ask("Hi").await.unwrap_err().fault, Fault::TooSlow(Slow::Answer));
    }
    let held = scene.chat.faults().add(On::call("POST /chat/completions"), Act::Hang);
    assert_eq!(
        scene.ask("Hi").await.unwrap_err().fault,
        Fault::TooSlow(Slow::Answer),
        "no head of an answer"
    );
    assert_eq!(scene.chat.faults().fired(held), 1);
}

#[tokio::test]
async fn a_standstill_is_noticed_however_often_the_caller_looks_away() {
    let patience = Patience { answer: LONG, piece: Duration::from_millis(300) };
    let scene = Scene::with(ChatOptions::default(), patience).await;
    scene.chat.push_answer(ChatAnswer::parts([text("Hello. "), Part::Stall]));
    let mut answer = scene.models.stream(&ModelName::new("small"), &question("Hi")).await.unwrap();
    let looks = async {
        loop {
            // As a caller does who has an eye on a clock, too.
            tokio::select! {
                biased;
                step = answer.next() => if let Err(error) = step { return error },
                () = tokio::time::sleep(Duration::from_millis(20)) => {}
            }
        }
    };
    let error = tokio::time::timeout(LONG, looks).await.expect("never noticed");
    assert_eq!(error.fault, Fault::TooSlow(Slow::Stalled));
    // Before the first word a model may be loaded: only the deadline of the whole answer counts.
    let late = [Part::Pause(Duration::from_millis(900)), text("Hello."), Part::Done];
    scene.chat.push_answer(ChatAnswer::parts(late));
    assert_eq!(scene.ask("Hi").await.map(|(text, _)| text), Ok("Hello.".to_owned()));
}

#[tokio::test]
async fn who_stops_listening_stops_the_server() {
    let scene = Scene::new().await;
    scene.chat.push_answer(ChatAnswer::parts([Part::Forever("word ".to_owned(), Duration::from_millis(2))]));
    let mut answer = scene.models.stream(&ModelName::new("small"), &question("Hi")).await.unwrap();
    assert_eq!(answer.next().await, Ok(Step::Grew));
    drop(answer);
    let left = |state: &crate::sandbox::chat_api::ChatState| {
        state.questions().first().filter(|question| question.fate == Fate::Left).map(|_| ())
    };
    scene.chat.wait_until(LONG, left).await.expect("the connection stays open");
}

#[tokio::test]
async fn servers_that_do_not_stream_and_pages_that_are_no_answers() {
    let scene =
        Scene::with(ChatOptions { streams: false, ..ChatOptions::default() }, Patience::new(LONG)).await;
    scene.chat.push_answer(ChatAnswer::words("Hello there."));
    let (came, end) = scene.ask("Hi").await.unwrap();
    assert!(came == "Hello there." && end.usage.is_some());
    let call = || On::call("POST /chat/completions");
    for (what, act, kind) in [
        (
            "a page",
            Act::Answer(Reply::new(200, "text/html; charset=utf-8", "<html>Log in</html>")),
            "unreadable",
        ),
        (
            "a page that has no end",
            Act::Answer(Reply { shape: Shape::Endless, ..Reply::new(200, "text/html", "<html>") }),
            "unreadable",
        ),
        ("half of an object", Act::InvalidJson, "unreadable"),
        ("cut", Act::Shape(Shape::Truncated(20)), "broken"),
        ("an object without an answer", Act::Answer(Reply::new(200, "application/json", "{}")), "broken"),
        ("an endless object", Act::Shape(Shape::Endless), "unreadable"),
        (
            "an error as an object",
            Act::Answer(Reply::new(200, "application/json", "{\"error\":\"model is loading\"}")),
            "failed",
        ),
        ("no answer", Act::Close, "broken"),
        ("a reset", Act::Reset, "broken"),
    ] {
        scene.chat.faults().add(call(), act);
        let came = scene.ask("Hi").await.map_err(|error| error.fault.kind());
        assert_eq!(came.map(|_| ()), Err(kind), "{what}");
        assert!(scene.ask("Hi").await.is_ok());
    }
}
