//! Image references, case by case: normal forms, mistakes, and ways around an allow list.

use proptest::prelude::*;

use super::*;

const SHA: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn image(text: &str) -> ImageReference<&str> {
    ImageReference::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn references_are_normalised() {
    let digested = format!("nginx@{SHA}");
    let both = format!("myacr.azurecr.io/team/app:1.2@{SHA}");
    // Text, registry, repository, tag, digest, host is written.
    let cases: &[(&str, &str, &str, &str, &str, bool)] = &[
        ("nginx", "docker.io", "library/nginx", "", "", false),
        (
            "nginx:1.27",
            "docker.io",
            "library/nginx",
            "1.27",
            "",
            false,
        ),
        ("team/app", "docker.io", "team/app", "", "", false),
        (
            "docker.io/nginx",
            "docker.io",
            "library/nginx",
            "",
            "",
            true,
        ),
        (
            "index.docker.io/nginx",
            "docker.io",
            "library/nginx",
            "",
            "",
            true,
        ),
        (
            "index.docker.io/team/app:1",
            "docker.io",
            "team/app",
            "1",
            "",
            true,
        ),
        (
            "test.com:5000",
            "docker.io",
            "library/test.com",
            "5000",
            "",
            false,
        ),
        (
            "myacr.azurecr.io",
            "docker.io",
            "library/myacr.azurecr.io",
            "",
            "",
            false,
        ),
        ("test:5000/repo", "test:5000", "repo", "", "", true),
        ("test:5000/repo:tag", "test:5000", "repo", "tag", "", true),
        ("localhost/app", "localhost", "app", "", "", true),
        (
            "MYACR.azurecr.io/app",
            "myacr.azurecr.io",
            "app",
            "",
            "",
            true,
        ),
        ("REG/app", "reg", "app", "", "", true),
        ("[::1]:5000/app", "[::1]:5000", "app", "", "", true),
        ("[2001:DB8::1]/app:1", "[2001:db8::1]", "app", "1", "", true),
        ("127.0.0.1/a/b/c", "127.0.0.1", "a/b/c", "", "", true),
        (
            "docker.io/myacr.azurecr.io/app",
            "docker.io",
            "myacr.azurecr.io/app",
            "",
            "",
            true,
        ),
        (
            "gcr.io/a-b/c__d_e.f--g:V1.0_x-",
            "gcr.io",
            "a-b/c__d_e.f--g",
            "V1.0_x-",
            "",
            true,
        ),
        (&digested, "docker.io", "library/nginx", "", SHA, false),
        (&both, "myacr.azurecr.io", "team/app", "1.2", SHA, true),
    ];
    for &(text, registry, repository, tag, digest, has_registry) in cases {
        let image = image(text);
        assert_eq!(image.registry(), registry, "{text}");
        assert_eq!(image.repository(), repository, "{text}");
        assert_eq!(image.tag(), tag, "{text}");
        assert_eq!(image.digest(), digest, "{text}");
        assert_eq!(image.has_registry(), has_registry, "{text}");
        assert_eq!(image.text(), text);
    }
}

#[test]
fn what_is_not_a_reference_is_an_error() {
    use ImageError as E;
    let cases: Vec<(String, E)> = [
        ("", E::Empty),
        (" ", E::Path),
        ("nginx ", E::Path),
        (" nginx", E::Path),
        ("nginx:1 ", E::Tag),
        ("nginx\n", E::Path),
        ("ngi\u{200b}nx", E::Path),
        ("\u{ff4e}ginx", E::Path),
        ("myacr\u{3002}azurecr.io/app", E::Host),
        ("https://myacr.azurecr.io/app", E::Host),
        ("user@host/app", E::Digest),
        ("user@host.com/app", E::Host),
        ("user:password@host.com/app", E::Host),
        ("myacr.azurecr.io./app", E::Host),
        (".azurecr.io/app", E::Host),
        ("-a.com/app", E::Host),
        ("a-.com/app", E::Host),
        ("a_b.com/app", E::Host),
        ("a.com:/app", E::Host),
        ("a.com:port/app", E::Host),
        ("a.com:1:2/app", E::Host),
        ("::1/app", E::Host),
        ("[::1/app", E::Host),
        ("[]/app", E::Path),
        ("[fe80::1%eth0]:5000/app", E::Host),
        ("[::1]x/app", E::Host),
        ("*.azurecr.io/app", E::Host),
        ("Nginx", E::UpperCase),
        ("docker.io/Nginx", E::UpperCase),
        ("/app", E::Path),
        ("a//b", E::Path),
        ("a/", E::Path),
        ("a.com/a..b", E::Path),
        ("a.com/a._b", E::Path),
        ("a.com/a___b", E::Path),
        ("a.com/-a", E::Path),
        ("a.com/a-", E::Path),
        ("a.com/../b", E::Path),
        ("$(IMAGE)", E::Path),
        (":tag", E::Path),
        ("a:", E::Tag),
        ("a:.b", E::Tag),
        ("a:-b", E::Tag),
        ("a:b:c", E::Tag),
        ("a:t\u{e9}g", E::Tag),
        ("a@", E::Digest),
        ("a@sha256", E::Digest),
        ("a@sha256:abc", E::Digest),
        ("a@sha256:abc:tag", E::Digest),
    ]
    .into_iter()
    .map(|(text, error)| (text.to_owned(), error))
    .chain([
        (
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".to_owned(),
            E::Identifier,
        ),
        (format!("a@{}", SHA.to_uppercase()), E::Digest),
        (format!("a@md5:{}", "0".repeat(32)), E::Digest),
        (format!("a@sha512:{}", "0".repeat(64)), E::Digest),
        (format!("a@{SHA}@{SHA}"), E::Digest),
        (format!("a:{}", "t".repeat(129)), E::Tag),
        (format!("a.com/{}", "p".repeat(256)), E::TooLong),
        ("p".repeat(248), E::TooLong),
    ])
    .collect();
    for (text, error) in cases {
        assert_eq!(
            ImageReference::parse(text.as_str()).err(),
            Some(error),
            "{text:?}"
        );
    }
    for text in [
        format!("a:{}", "t".repeat(128)),
        format!("a.com/{}", "p".repeat(255)),
        "p".repeat(247),
    ] {
        assert!(ImageReference::parse(text.as_str()).is_ok(), "{text}");
    }
}

#[test]
fn only_images_of_the_allowed_places_are_from_there() {
    const ACR: &[&str] = &["myacr.azurecr.io"];
    const TEAM: &[&str] = &["myacr.azurecr.io/team"];
    let cases: &[(&str, &[&str], bool)] = &[
        ("myacr.azurecr.io/app", ACR, true),
        ("MYACR.azurecr.io/app", ACR, true),
        ("myacr.azurecr.io/app", &["MyAcr.azurecr.io"], true),
        ("myacr.azurecr.io/app", &["myacr.azurecr.io/"], true),
        ("myacr.azurecr.io/app", &["myacr.azurecr.io/"], true),
        ("evil.com/myacr.azurecr.io/app", ACR, false),
        ("myacr.azurecr.io.evil.com/app", ACR, false),
        ("evilmyacr.azurecr.io/app", ACR, false),
        ("myacr.azurecr.io:8443/app", ACR, false),
        ("myacr.azurecr.io:443/app", ACR, false),
        ("myacr.azurecr.io/app", &["myacr.azurecr.io:443"], false),
        (
            "myacr.azurecr.io:8443/app",
            &["myacr.azurecr.io:8443"],
            true,
        ),
        ("myacr.azurecr.io:8443/app", &["myacr.azurecr.io:84"], false),
        ("myacr-azurecr.io/app", ACR, false),
        ("docker.io/myacr.azurecr.io/app", ACR, false),
        ("myacr.azurecr.io", ACR, false),
        ("app", ACR, false),
        ("team/app", TEAM, false),
        ("localhost/app", ACR, false),
        ("[::1]:5000/app", ACR, false),
        ("[::1]:5000/app", &["[::1]:5000"], true),
        ("app", &[], false),
        // A path reaches to the end of a segment.
        ("myacr.azurecr.io/team/app", TEAM, true),
        (
            "myacr.azurecr.io/team/app",
            &["myacr.azurecr.io/team/"],
            true,
        ),
        ("myacr.azurecr.io/team", TEAM, true),
        ("myacr.azurecr.io/team", &["myacr.azurecr.io/team/"], false),
        ("myacr.azurecr.io/teamevil/app", TEAM, false),
        ("myacr.azurecr.io/team-evil/app", TEAM, false),
        ("myacr.azurecr.io/other/team/app", TEAM, false),
        (
            "myacr.azurecr.io/team/app",
            &["myacr.azurecr.io/team/app/more"],
            false,
        ),
        // The default registry, with and without `library`.
        ("nginx", &["docker.io"], true),
        ("nginx", &["index.docker.io"], true),
        ("index.docker.io/nginx", &["docker.io"], true),
        ("nginx", &["docker.io/library"], true),
        ("nginx", &["docker.io/library/"], true),
        ("nginx", &["docker.io/library/nginx"], true),
        ("nginx", &["docker.io/library/nginx/"], false),
        ("nginx", &["docker.io/library/ngi"], false),
        ("nginx", &["docker.io/lib"], false),
        ("nginx", &["docker.io/nginx"], false),
        ("library/nginx", &["docker.io/library"], true),
        ("team/app", &["docker.io/library"], false),
        // Any of several places.
        ("quay.io/a/b", &["docker.io", "quay.io/a"], true),
    ];
    for (text, places, expected) in cases {
        assert_eq!(
            image(text).is_from(places.iter().copied()),
            Ok(*expected),
            "{text} {places:?}"
        );
    }
}

#[test]
fn a_mistake_in_an_allow_list_is_an_error_and_never_a_match() {
    for place in [
        "",
        "/",
        "*",
        "*.azurecr.io",
        "https://a.com",
        "a.com//",
        "a.com/T",
        "team/app",
        "nginx",
        "a.com/x*",
    ] {
        let places = ["docker.io", place];
        assert_eq!(
            image("nginx").is_from(places),
            Err(ImageError::Allowed),
            "{place:?}"
        );
    }
}

proptest! {
    #[test]
    fn a_normal_form_means_the_same_image(text in "[a-zA-Z0-9.:/@_\\[\\]\u{e9} -]{0,40}") {
        if let Ok(image) = ImageReference::parse(text.as_str()) {
            let registry = image.registry();
            // A host that is only told by its upper-case letters is none in lower case.
            prop_assume!(registry.contains(['.', ':']) || registry == "localhost");
            let normal = format!("{registry}/{}", image.repository());
            let again = ImageReference::parse(normal.as_str())
                .map_err(|error| TestCaseError::fail(format!("{normal}: {error}")))?;
            prop_assert_eq!(again.registry(), image.registry());
            prop_assert_eq!(again.repository(), image.repository());
            prop_assert_eq!(image.is_from([registry.as_ref()]), Ok(true));
            prop_assert_eq!(image.is_from([normal.as_str()]), Ok(true));
        }
    }

    #[test]
    fn any_text_is_handled(text in any::<String>(), place in any::<String>()) {
        if let Ok(image) = ImageReference::parse(text) {
            prop_assert!(image.is_from([place.as_str()]).is_err() || place.contains(['.', ':', 'l', 'L']));
        }
    }
}
