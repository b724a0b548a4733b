//! `assets/kubernetes`: that its files agree with one another and with the program. What Kubernetes itself makes of them,
//! `.ci/kubernetes` checks.

use super::{is_command, is_option, read, root, words};
use crate::metrics::{get, served_at};
use crate::world::World;
use phonicflow_bot::config::{Config, Inputs, keys};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use yaml_rust2::{Yaml, YamlLoader};

const FOLDER: &str = "assets/kubernetes";
const POD_IP: &str = "10.1.2.3";

/// Each file by its name below the folder. A key given twice, or a tab, is an error of the parser.
fn files() -> BTreeMap<String, Yaml> {
    let mut found = BTreeMap::new();
    for below in ["", "tutor/"] {
        for entry in fs::read_dir(root().join(FOLDER).join(below)).unwrap() {
            let name = format!("{below}{}", entry.unwrap().file_name().into_string().unwrap());
            if name.ends_with(".yaml") {
                let text = read(&format!("{FOLDER}/{name}"));
                let mut documents =
                    YamlLoader::load_from_str(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
                assert_eq!(documents.len(), 1, "{name} holds one object");
                found.insert(name, documents.remove(0));
            }
        }
    }
    found
}

/// What Kubernetes is given: by kind and name.
fn objects() -> BTreeMap<(String, String), Yaml> {
    let is_object = |name: &str| !name.ends_with("kustomization.yaml") && !name.ends_with("-values.yaml");
    let files = files().into_iter().filter(|(name, _)| is_object(name));
    files
        .map(|(_, yaml)| ((text(&yaml["kind"]).to_owned(), text(&yaml["metadata"]["name"]).to_owned()), yaml))
        .collect()
}

fn object(kind: &str, name: &str) -> Yaml {
    objects().remove(&(kind.to_owned(), name.to_owned())).unwrap_or_else(|| panic!("no {kind} {name}"))
}

fn text(yaml: &Yaml) -> &str {
    yaml.as_str().unwrap_or_else(|| panic!("a text instead of {yaml:?}"))
}

fn list(yaml: &Yaml) -> &[Yaml] {
    yaml.as_vec().map(Vec::as_slice).unwrap_or_default()
}

/// The pods' template of a Deployment or Job.
fn pods() -> Vec<(String, Yaml)> {
    let with_pods = objects().into_iter().filter(|(_, yaml)| !yaml["spec"]["template"].is_badvalue());
    with_pods.map(|((_, name), yaml)| (name, yaml["spec"]["template"].clone())).collect()
}

fn bot() -> Yaml {
    object("Deployment", "phonicflow-bot")
}

/// The environment of the bot's container, as a pod would have it; secrets by the names of their files.
fn environment() -> BTreeMap<String, String> {
    let kustomization = files()["kustomization.yaml"].clone();
    let generated = &list(&kustomization["configMapGenerator"])[0];
    let container = &bot()["spec"]["template"]["spec"]["containers"][0];
    let from = container["envFrom"][0]["configMapRef"]["name"].clone();
    assert_eq!(from, generated["name"]);
    let mut env: BTreeMap<String, String> = words(&generated["literals"])
        .into_iter()
        .map(|pair| pair.split_once('=').unwrap())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let mut fields = BTreeMap::new();
    for given in list(&container["env"]) {
        let value = match given["valueFrom"]["fieldRef"]["fieldPath"].as_str() {
            Some("status.podIP") => POD_IP.to_owned(),
            Some("metadata.name") => "phonicflow-bot-5d9c7b6f4-x2x7q".to_owned(),
            Some(other) => panic!("{other}"),
            None => text(&given["value"]).to_owned(),
        };
        // Kubernetes fills in what stands before.
        let value = fields.iter().fold(value, |value: String, (name, with): (&String, &String)| {
            value.replace(&format!("$({name})"), with)
        });
        assert!(!value.contains("$("), "{value} names what is not defined before it");
        fields.insert(text(&given["name"]).to_owned(), value);
    }
    env.append(&mut fields);
    env
}

#[test]
fn the_bot_takes_what_the_pods_are_given_and_has_nothing_to_remark() {
    let mut env = environment();
    let pod = &bot()["spec"]["template"]["spec"];
    let mount = text(&pod["containers"][0]["volumeMounts"][0]["mountPath"]).to_owned();
    let secret = files()["kustomization.yaml"]["secretGenerator"][0].clone();
    assert_eq!(secret["name"], pod["volumes"][0]["secret"]["secretName"]);
    let given: BTreeSet<String> =
        words(&secret["files"]).into_iter().map(|file| file.replace("secrets/", "")).collect();
    let folder = tempfile::tempdir().unwrap();
    let mut used = BTreeSet::new();
    for (name, value) in &mut env {
        if name == "POD_IP" {
            continue;
        }
        assert!(is_option(name), "{name} is no option");
        assert!(!keys::all().any(|key| key.is_secret() && key.name == name), "{name} belongs into a file");
        if let Some(file) = value.strip_prefix(&format!("{mount}/")) {
            let content = match file {
                "telegram-bot-token" => "1:a".to_owned(),
                "store-url" => "postgres://bot:word@postgresql.databases.svc:5432/bot".to_owned(),
                "store-key" => "k".repeat(64),
                _ => "-----BEGIN CERTIFICATE-----\n".to_owned(),
            };
            used.insert(file.to_owned());
            fs::write(folder.path().join(file), content).unwrap();
            *value = folder.path().join(file).display().to_string();
        }
    }
    assert_eq!(used, given, "each secret is used, and each that is used is given");
    let state = env["SESSION_STORAGE_PATH"].clone();
    env.remove("POD_IP").unwrap();
    let loaded = Config::load(Inputs { env, require_token: true, ..Inputs::default() }).unwrap();
    assert_eq!(loaded.warnings, Vec::<String>::new());
    let config = loaded.config;
    assert!(config.store_url.is_some() && config.store_key.is_some());

    // Ports, commands and folders are the ones that the configuration means.
    let container = &pod["containers"][0];
    let port = |name: &str| {
        let port = list(&container["ports"]).iter().find(|port| text(&port["name"]) == name).unwrap();
        format!("{POD_IP}:{}", port["containerPort"].as_i64().unwrap()).parse().ok()
    };
    assert_eq!((config.metrics_addr, config.store_peer_addr), (port("metrics"), port("peers")));
    let scraped = &bot()["spec"]["template"]["metadata"]["annotations"]["prometheus.io/port"];
    assert_eq!(format!("{POD_IP}:{}", text(scraped)).parse().ok(), config.metrics_addr);
    assert!(is_command(&words(&container["args"])));
    let writable: Vec<&str> = list(&container["volumeMounts"])
        .iter()
        .filter(|mount| mount["readOnly"].as_bool() != Some(true))
        .map(|mount| text(&mount["mountPath"]))
        .collect();
    assert!(
        writable.iter().any(|folder| state.starts_with(&format!("{folder}/"))),
        "{state} in {writable:?}"
    );
    assert!(writable.contains(&"/tmp"));
    assert_eq!(container["securityContext"]["readOnlyRootFilesystem"].as_bool(), Some(true));
    // The turns that may be at work together are what more speech servers are for.
    let scaler = object("HorizontalPodAutoscaler", "phonicflow-speech");
    assert_eq!(scaler["spec"]["maxReplicas"].as_i64(), i64::try_from(config.backend_concurrency).ok());
}

#[test]
fn pods_have_no_rights_and_what_they_name_is_there() {
    for (name, template) in pods() {
        let pod = &template["spec"];
        assert_eq!(pod["automountServiceAccountToken"].as_bool(), Some(false), "{name}");
        let context = &pod["securityContext"];
        assert_eq!(context["runAsNonRoot"].as_bool(), Some(true), "{name}");
        assert_eq!(context["seccompProfile"]["type"].as_str(), Some("RuntimeDefault"), "{name}");
        for key in ["hostNetwork", "hostPID", "hostIPC"] {
            assert!(pod[key].is_badvalue(), "{name}: {key}");
        }
        let volumes: BTreeSet<&str> =
            list(&pod["volumes"]).iter().map(|volume| text(&volume["name"])).collect();
        for container in list(&pod["containers"]) {
            let context = &container["securityContext"];
            assert_eq!(context["allowPrivilegeEscalation"].as_bool(), Some(false), "{name}");
            assert_eq!(words(&context["capabilities"]["drop"]), ["ALL"], "{name}");
            assert!(
                context["privileged"].is_badvalue() && context["capabilities"]["add"].is_badvalue(),
                "{name}"
            );
            assert!(
                container["resources"]["limits"]["memory"].as_str().is_some(),
                "{name} may take all memory"
            );
            let mounted: BTreeSet<&str> =
                list(&container["volumeMounts"]).iter().map(|mount| text(&mount["name"])).collect();
            assert_eq!(mounted, volumes, "{name}");
            for probe in ["startupProbe", "livenessProbe", "readinessProbe"] {
                let port = &container[probe]["httpGet"]["port"];
                let known = list(&container["ports"]).iter().any(|given| given["name"] == *port);
                assert!(port.is_badvalue() || known, "{name}: {probe} asks at {port:?}");
            }
        }
        for volume in list(&pod["volumes"]) {
            if let Some(claim) = volume["persistentVolumeClaim"]["claimName"].as_str() {
                object("PersistentVolumeClaim", claim);
            }
        }
    }
    let unit = read("systemd/phonicflow-bot.service");
    let patience = unit.lines().find_map(|line| line.strip_prefix("TimeoutStopSec=")).unwrap();
    let grace = bot()["spec"]["template"]["spec"]["terminationGracePeriodSeconds"].as_i64().unwrap();
    assert!(grace >= patience.parse().unwrap(), "{grace} s are fewer than the {patience} of the unit");
    let rolling = &bot()["spec"]["strategy"]["rollingUpdate"];
    assert_eq!((rolling["maxSurge"].as_i64(), rolling["maxUnavailable"].as_i64()), (Some(0), Some(1)));
}

#[test]
fn selectors_find_pods_and_every_file_is_used() {
    let pods = pods();
    let labels: Vec<&Yaml> = pods.iter().map(|(_, template)| &template["metadata"]["labels"]).collect();
    let mut selectors = Vec::new();
    for ((kind, name), yaml) in objects() {
        assert!(
            kind == "Namespace" || !yaml["metadata"]["labels"]["app.kubernetes.io/name"].is_badvalue(),
            "{name}"
        );
        let spec = &yaml["spec"];
        let own = match kind.as_str() {
            "Service" => Some(&spec["selector"]),
            "NetworkPolicy" => Some(&spec["podSelector"]["matchLabels"]),
            "Deployment" | "PodDisruptionBudget" => Some(&spec["selector"]["matchLabels"]),
            _ => None,
        };
        if let Some(own) = own {
            selectors.push((name.clone(), own.clone()));
            // An object is named like the pods it is about.
            assert_eq!(own["app.kubernetes.io/name"].as_str(), Some(name.as_str()), "{kind}");
        }
        for spread in list(&spec["template"]["spec"]["topologySpreadConstraints"]) {
            selectors.push((name.clone(), spread["labelSelector"]["matchLabels"].clone()));
        }
        if kind == "HorizontalPodAutoscaler" {
            object(text(&spec["scaleTargetRef"]["kind"]), text(&spec["scaleTargetRef"]["name"]));
        }
        if kind == "NetworkPolicy" {
            assert_eq!(words(&spec["policyTypes"]), ["Ingress", "Egress"], "{name}");
            // A port by its name is one of the pods it leads to.
            let ways = list(&spec["ingress"]).iter().chain(list(&spec["egress"]));
            for port in ways.flat_map(|way| list(&way["ports"])).filter_map(|port| port["port"].as_str()) {
                let has = |template: &Yaml| {
                    let of = |container: &Yaml| {
                        list(&container["ports"]).iter().any(|p| p["name"].as_str() == Some(port))
                    };
                    list(&template["spec"]["containers"]).iter().any(of)
                };
                assert!(pods.iter().any(|(_, template)| has(template)), "{name}: no pod has a port {port}");
            }
        }
    }
    for (name, selector) in selectors {
        let selector = selector.as_hash().unwrap_or_else(|| panic!("{name} selects nothing"));
        let fits = |labels: &&Yaml| selector.iter().all(|(key, value)| labels[text(key)] == *value);
        assert_eq!(labels.iter().filter(|labels| fits(labels)).count(), 1, "{name}: {selector:?}");
    }
    for below in ["", "tutor/"] {
        let kustomization = files()[&format!("{below}kustomization.yaml")].clone();
        let named: BTreeSet<String> =
            words(&kustomization["resources"]).iter().map(|name| format!("{below}{name}")).collect();
        let there: BTreeSet<String> = files()
            .into_keys()
            .filter(|name| {
                name.rsplit_once('/').map_or("", |(folder, _)| folder) == below.trim_end_matches('/')
            })
            .filter(|name| !name.ends_with("kustomization.yaml") && !name.ends_with("-values.yaml"))
            .collect();
        assert_eq!(named, there);
        assert_eq!(kustomization["namespace"], object("Namespace", "phonicflow")["metadata"]["name"]);
    }
}

/// The daemon answers where the probes and the autoscaler ask.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_cluster_asks_for_is_served() {
    let mut world = World::new().await;
    world.set("METRICS_ADDR", "127.0.0.1:0").start();
    let addr = served_at(&world).await;
    let container = bot()["spec"]["template"]["spec"]["containers"][0].clone();
    for (probe, path) in [("startupProbe", "/live"), ("livenessProbe", "/live"), ("readinessProbe", "/ready")]
    {
        let asked = text(&container[probe]["httpGet"]["path"]);
        assert_eq!(asked, path, "{probe}");
        let (status, _, _) = get(addr, asked).await;
        assert!([200, 503].contains(&status), "{asked}: {status}");
    }
    let scaler = object("HorizontalPodAutoscaler", "phonicflow-speech");
    let metric = &scaler["spec"]["metrics"][0]["external"]["metric"];
    let (name, labels) = (text(&metric["name"]), &metric["selector"]["matchLabels"]);
    let (label, value) = labels.as_hash().unwrap().front().unwrap();
    let (_, _, body) = get(addr, "/metrics").await;
    assert!(
        body.contains(&format!("\n{name}{{{}=\"{}\"}} ", text(label), text(value))),
        "{name} is not exported"
    );
    let rule = files()["tutor/prometheus-adapter-values.yaml"]["rules"]["external"][0].clone();
    assert!(text(&rule["seriesQuery"]).starts_with(&format!("{name}{{")));
    assert!(text(&rule["metricsQuery"]).ends_with(&format!("by ({})", text(label))));
}
