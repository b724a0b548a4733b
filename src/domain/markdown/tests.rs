//! What models write, whole, unfinished and hostile. Must not know Telegram's markup.

use super::*;
use crate::domain::rich::{Kind, Span};
use proptest::prelude::*;

/// A text with its formats written out, each span by itself.
fn shown(rich: &Rich) -> String {
    rich.spans().iter().map(tagged).collect()
}

fn tagged(Span { format, text }: &Span) -> String {
    let mut tags = Vec::new();
    let marks =
        [(format.quote.is_some(), "q"), (format.bold, "b"), (format.italic, "i"), (format.strike, "s")];
    tags.extend(marks.iter().filter(|(is, _)| *is).map(|(_, tag)| (*tag).to_owned()));
    match &format.kind {
        Kind::Words => {}
        Kind::Link(address) => tags.push(format!("a {address}")),
        Kind::Code => tags.push("c".to_owned()),
        Kind::Pre(language) => tags.push(format!("pre {language}").trim_end().to_owned()),
    }
    if tags.is_empty() { text.clone() } else { format!("<{}>{text}</>", tags.join(" ")) }
}

#[test]
fn what_models_write_is_shown() {
    for (text, expected) in [
        ("Say **went**, not *go*.", "Say <b>went</>, not <i>go</>."),
        ("`he goes` and __this__ and _that_", "<c>he goes</> and <b>this</> and <i>that</>"),
        ("## Dicas\n* uma\n- **duas**", "<b>Dicas</>\n• uma\n• <b>duas</>"),
        ("2 * 3 * 4 and snake_case_word", "2 * 3 * 4 and snake_case_word"),
        ("**open and ** closed", "**open and ** closed"),
        ("**never closed", "**never closed"),
        ("#hash **a**\n**b", "#\u{2060}hash <b>a</>\n**b"),
        // What nests.
        ("**b *bi* b** ~~s **sb**~~", "<b>b </><b i>bi</><b> b</> <s>s </><b s>sb</>"),
        ("***both***", "<b i>both</>"),
        ("> quoted **bold**\n> on\n\nout", "<q>quoted </><q b>bold</><q>\non</>\n\nout"),
        ("> one\n\n> two", "<q>one</>\n\n<q>two</>"),
        ("> > deep\n> and `code`", "<q>deep\nand </><q c>code</>"),
        ("**bold `code`**", "<b>bold </><c>code</>"),
        // Blocks.
        ("# Title\n\nwords\n\n\n\nmore", "<b>Title</>\n\nwords\n\nmore"),
        ("Title\n===\nwords", "<b>Title</>\nwords"),
        ("a\n\n---\n\nb", "a\n\n———\n\nb"),
        ("a  \nb\\\nc", "a\nb\nc"),
        ("```rust\nfn a() {\n\tb\n}\n```\nafter", "<pre rust>fn a() {\n    b\n}</>\nafter"),
        ("```\n\n```\nafter", "after"),
        ("words\n\n    code\n", "words\n\n<pre>code</>"),
        ("~~~py x\na < b\n~~~", "<pre py>a < b</>"),
        // Lists.
        (
            "1. one\n2. two\n   - in\n     - deeper\n3. three",
            "1. one\n2. two\n  ◦ in\n    ▪ deeper\n3. three",
        ),
        ("7) seven\n8) eight", "7. seven\n8. eight"),
        ("- [ ] to do\n- [x] done", "• ☐ to do\n• ☑ done"),
        ("- a\n\n- b\n\n  more", "• a\n\n• b\n\nmore"),
        ("- > quoted", "• <q>quoted</>"),
        ("1. a\n   ```\n   x\n   ```", "1. a\n<pre>x</>"),
        // Literal.
        ("<b>&amp;</b> a<br>b", "<b>&</b> a<br>b"),
        ("<div>\n**x**\n</div>", "<div>\n**x**\n</div>"),
        ("[Waiter]: Good evening!\n[Guest]: /nothing", "[Waiter]: Good evening!\n[Guest]: /\u{2060}nothing"),
        ("`a[1]: x` and [^1] \\*no\\*", "<c>a[1]: x</> and [^1] *no*"),
        ("", ""),
    ] {
        assert_eq!(shown(&markdown(text)), expected, "{text}");
    }
}

#[test]
fn links_say_where_they_lead() {
    for (text, expected) in [
        (
            "[here](https://e.org/a?b=1&c)",
            "<a https://e.org/a?b=1&c>here</> (<a https://e.org/a?b=1&c>https://e.org/a?b=1&c</>)",
        ),
        ("<https://e.org/x>", "<a https://e.org/x>https://e.org/x</>"),
        ("[e.org/x](https://e.org/x)", "<a https://e.org/x>e.org/x</>"),
        ("[](https://e.org)", "<a https://e.org>https://e.org</>"),
        (
            "![a cat](https://e.org/c.png)",
            "<a https://e.org/c.png>a cat</> (<a https://e.org/c.png>https://e.org/c.png</>)",
        ),
        (
            "[![alt](https://e.org/i)](https://e.org/l)",
            "<a https://e.org/l>alt</> (<a https://e.org/l>https://e.org/l</>)",
        ),
        (
            "see https://e.org/a_b_c/(d). Yes",
            "see <a https://e.org/a_b_c/(d)>https://e.org/a_b_c/(d)</>. Yes",
        ),
        ("(https://e.org/?q=/delete)", "(<a https://e.org/?q=/delete>https://e.org/?q=/delete</>)"),
        ("**https://e.org**", "<b a https://e.org>https://e.org</>"),
        // No page of the web, or one that hides its host.
        ("[x](javascript:alert(1))", "x (javascript:alert(1))"),
        ("[x](tg://user?id=1)", "x (tg://\u{2060}user?id=1)"),
        ("[x](/delete)", "x (/\u{2060}delete)"),
        ("[x](https://bank.example@e.org/)", "x (https://\u{2060}bank.example@e.org/)"),
        ("[x](https://e.org/\"><b>)", "x (https://\u{2060}e.org/\"><b>)"),
        ("<me@e.org>", "me@e.org"),
        ("http://,/delete x", "http://,/\u{2060}delete x"),
        ("[no](not closed", "[no](not closed"),
    ] {
        assert_eq!(shown(&markdown(text)), expected, "{text}");
    }
}

#[test]
fn nothing_in_it_can_be_tapped() {
    for (text, expected) in [
        ("Send /delete or /new@bot!", "Send /~delete or /~new@bot!"),
        ("/**https://e.org**", "/~<b a https://e.org>https://e.org</>"),
        ("/**delete** \\/start", "/~<b>delete</> /~start"),
        ("and/or 1/2 a//b </b> me@e.org", "and/or 1/2 a//~b </b> me@e.org"),
        ("@someone #tag $USD C#7 1️⃣ #️⃣", "@~someone #~tag $~USD C#7 1️⃣ #️⃣"),
        ("`/delete` stays", "<c>/delete</> stays"),
        ("[/delete](https://e.org)", "<a https://e.org>/delete</> (<a https://e.org>https://e.org</>)"),
        ("\u{939}\u{93f}/delete", "\u{939}\u{93f}/~delete"),
    ] {
        assert_eq!(shown(&markdown(text)).replace('\u{2060}', "~"), expected, "{text}");
    }
}

#[test]
fn tables_are_drawn_in_columns() {
    let table = "| Word | 日本 | n |\n|:--|:-:|--:|\n| go **on** | 語 | 1 |\n| `ab` | x | 22 |\n\nafter";
    let expected =
        "<pre>Word  | 日本 |  n\n------+------+---\ngo on |  語  |  1\nab    |  x   | 22</>\n\nafter";
    assert_eq!(shown(&markdown(table)), expected);
    let wide = format!("|a|b|\n|-|-|\n|{}|x|\n{}", "w".repeat(500), "|y|z|\n".repeat(500));
    assert!(markdown(&wide).utf16_len() < 3 * wide.len());
}

#[test]
fn what_is_still_being_written_looks_finished() {
    for (text, expected) in [
        ("Say **wen", "Say <b>wen</>"),
        ("Say **went*", "Say <b>went</>"),
        ("Say **went ", "Say <b>went</>"),
        ("Say **", "Say"),
        ("Say *a **b", "Say <i>a </><b i>b</>"),
        ("a `cod", "a <c>cod</>"),
        ("a `", "a"),
        ("see [the pa", "see the pa"),
        ("see [the page](https://e.o", "see the page"),
        ("see [**the pa", "see <b>the pa</>"),
        ("x\n```py\na = 1", "x\n<pre py>a = 1</>"),
        ("x\n```py\na = 1\n``", "x\n<pre py>a = 1</>"),
        ("x\n```py\na\n```", "x\n<pre py>a</>"),
        ("Tips:\n-", "Tips:"),
        ("Tips:\n- one\n-", "Tips:\n• one"),
        ("**done** 2 * 3", "<b>done</> 2 * 3"),
        ("**done** and", "<b>done</> and"),
        ("snake_case_wo", "snake_case_wo"),
        ("~~gone", "<s>gone</>"),
        ("", ""),
    ] {
        assert_eq!(shown(&preview(text)), expected, "{text}");
    }
}

#[test]
fn hostile_words_cost_no_more_than_their_length() {
    for sign in [
        "*",
        "**",
        "_",
        "`",
        "*_`",
        "**a ",
        "_*",
        ">",
        "> ",
        "[",
        "![",
        "](",
        "[a](",
        "- ",
        "* + ",
        "`a",
        "[a](b ",
        "*a",
        "> - ",
        "1. ",
        "|",
        "|a",
        "~",
        "<",
        "<a",
        "&",
        "http://",
        "](http://a.b)",
        "\\",
        "#",
        "\n>",
        "\n- ",
        "\n|a|\n|-|\n",
        "```\n",
        "[a]: b\n",
        "<!--",
        "<![CDATA[",
        "`` ` ",
    ] {
        costs_its_length(&sign.repeat(60_000 / sign.len()));
    }
    let deeper: String = (0..250).map(|depth| format!("{}- a\n", "  ".repeat(depth))).collect();
    let quoted = format!("{}a\n", ">".repeat(100)).repeat(600);
    let table = format!("{0}\n{1}\n{2}", "|a".repeat(2_000), "|-".repeat(2_000), "|b\n".repeat(2_000));
    let links = "[".repeat(10_000) + &"](http://a.b)".repeat(3_000);
    for text in [deeper, quoted, table, links] {
        costs_its_length(&text);
    }
}

fn costs_its_length(text: &str) {
    let size = markdown(text).utf16_len() + preview(text).utf16_len();
    assert!(size < 60 * text.len(), "{:?}: {size}", text.get(..20));
}

proptest! {
    #[test]
    fn only_signs_are_ever_lost(text in "([a-z *_`#\\n-]{0,60}|\\PC{0,40})") {
        // The name of a code block's language is no word of it.
        let text = text.replace("```", "");
        let keep = |text: &str| text.chars().filter(|c| c.is_alphabetic()).collect::<String>();
        prop_assert_eq!(keep(&markdown(&text).to_plain()), keep(&text));
    }
}
