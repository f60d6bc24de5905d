"""Try newsroom.php in a real WordPress, against a demo of its own: ``python3 contrib/wordpress/try_it.py``.

Needs Debian's packages: wordpress wordpress-theme-twentytwentyone php-fpm php-cli php-mysql mariadb-server
nginx-light.
Everything lies in a temporary folder and listens on loopback; every process that this starts, it ends.
"""

from __future__ import annotations

import argparse
import getpass
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLUGIN = Path(__file__).with_name("newsroom.php")
WORDPRESS = Path("/usr/share/wordpress")
PACKAGES = "wordpress wordpress-theme-twentytwentyone php-fpm php-cli php-mysql mariadb-server nginx-light"
STARTS_IN_S = 300.0
FRIENDLY = "The new bridge is a great help on my way to work, thank you for the report."
SPAM = "Cheap pills online!!! Buy now and earn $$$ fast at http://pills.example.com http://win.example.com"
RUDE = "You are a stupid idiot and a worthless moron, nobody wants to read your pathetic nonsense."


class Failed(Exception):
    """Something could not be started."""


class Stage:
    """The folder, its processes, and what was found."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.www = folder, folder / "www"
        self.port, self.newsroom, self.ports = free_port(), free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.processes: list[subprocess.Popen[bytes]] = []
        self.failures = 0

    def start(self, name: str, *command: str | Path) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [str(part) for part in command], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        self.processes.append(process)
        return process

    def stop(self) -> None:
        for process in reversed(self.processes):
            end(process)

    def wait_for(self, name: str, is_there: Callable[[], bool]) -> None:
        deadline = time.monotonic() + STARTS_IN_S
        while not is_there():
            if self.processes[-1].poll() is not None or time.monotonic() > deadline:
                log = (self.folder / f"{name}.log").read_text(errors="replace")
                raise Failed(f"{name} did not start:\n{log[-3000:]}")
            time.sleep(0.3)

    def php(self, code: str, *arguments: str, before: str = "") -> str:
        """Run PHP inside WordPress; what it prints."""
        head = f"""{before} $_SERVER['HTTP_HOST'] = '127.0.0.1:{self.port}';
            $_SERVER['REMOTE_ADDR'] = '127.0.0.1';
            require '{self.www}/wp-load.php';
            require_once ABSPATH . 'wp-admin/includes/admin.php'; """
        done = subprocess.run(
            ["php", "-d", "memory_limit=256M", "-r", head + code, "--", *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Failed(f"PHP: {done.stdout}{done.stderr}")
        return done.stdout.strip()

    def check(self, what: str, found: str, wanted: str) -> None:
        """Compare, but for what stands in brackets: the reason that was kept with a comment."""
        is_right = found.partition(" (")[0] == wanted
        self.failures += not is_right
        print(
            f"{'ok' if is_right else 'FAILED':<8}{what}: {found}{'' if is_right else f' (wanted {wanted})'}"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--keep", action="store_true", help="leave the folder, and wait until Enter is pressed"
    )
    options = parser.parse_args()
    fpm = str(max(Path("/usr/sbin").glob("php-fpm*"), default=""))
    if not (fpm and WORDPRESS.is_dir() and shutil.which("mariadbd") and shutil.which("nginx")):
        print(f"This needs Debian's packages: apt-get install --no-install-recommends {PACKAGES}")
        return 2
    folder = Path(tempfile.mkdtemp(prefix="wp-", dir="/tmp"))
    stage = Stage(folder)
    try:
        key, token = start_newsroom(stage)
        start_wordpress(stage, fpm, key=key, token=token)
        try_it(stage)
        if options.keep:
            input(f"WordPress: {stage.url}/ (admin / admin), in {folder}. Enter ends everything. ")
    except Failed as error:
        print(f"FAILED  {error}")
        return 1
    finally:
        stage.stop()
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    print("all as wanted" if not stage.failures else f"{stage.failures} not as wanted")
    return min(stage.failures, 1)


# --- starting ------------------------------------------------------------------------------------------
def start_newsroom(stage: Stage) -> tuple[str, str]:
    """A demo of its own; its key for the ports and its content system's token."""
    command = [sys.executable, ROOT / "dev.py", "demo", "--state", stage.folder / "s", "--limits", "off"]
    stage.start("newsroom", *command, "--port", str(stage.newsroom), "--ports-port", str(stage.ports))
    log = stage.folder / "newsroom.log"
    stage.wait_for("newsroom", lambda: "Newsroom is ready" in log.read_text(errors="replace"))
    stage.wait_for("newsroom", lambda: answers(f"http://127.0.0.1:{stage.ports}/livez"))
    key = (stage.folder / "s" / "demo-port-key").read_text().strip()
    # The first text waits until the classifier is loaded: longer than WordPress waits, on a busy machine.
    form = {
        "api_key": key,
        "blog": stage.url,
        "user_ip": "192.0.2.1",
        "comment_content": "Hi.",
        "is_test": "1",
    }
    get(f"http://127.0.0.1:{stage.ports}/1.1/comment-check", form)
    logins = json.loads((stage.folder / "s" / "demo-logins.json").read_text())
    return key, logins["cms"]["token"]


def start_wordpress(stage: Stage, fpm: str, *, key: str, token: str) -> None:
    folder, me = stage.folder, getpass.getuser()
    data, database = folder / "mysql", folder / "mysql.sock"
    subprocess.run(
        ["mariadb-install-db", "--no-defaults", f"--datadir={data}", f"--user={me}", "--skip-test-db",
         "--auth-root-authentication-method=normal"],
        check=True, capture_output=True,
    )  # fmt: skip
    stage.start(
        "mariadb", "mariadbd", "--no-defaults", f"--datadir={data}", f"--user={me}", f"--socket={database}",
        "--skip-networking", f"--pid-file={folder}/mysql.pid", "--innodb-buffer-pool-size=32M",
    )  # fmt: skip
    client = ["mariadb", "--no-defaults", "-u", "root", f"--socket={database}", "-e"]
    create = [*client, "CREATE DATABASE IF NOT EXISTS wordpress"]
    stage.wait_for(
        "mariadb", lambda: subprocess.run(create, capture_output=True, check=False).returncode == 0
    )
    lay_out(stage, database=database, key=key, token=token)
    (folder / "fpm.conf").write_text(
        f"[global]\nerror_log = {folder}/fpm-errors.log\npid = {folder}/fpm.pid\n"
        f"[www]\nuser = {me}\ngroup = {me}\nlisten = {folder}/fpm.sock\npm = static\npm.max_children = 2\n"
    )
    as_root = ["--allow-to-run-as-root"] if os.geteuid() == 0 else []
    stage.start("fpm", fpm, "--nodaemonize", "--fpm-config", folder / "fpm.conf", *as_root)
    stage.wait_for("fpm", (folder / "fpm.sock").exists)
    (folder / "nginx.conf").write_text(nginx_conf(stage, me))
    stage.start(
        "nginx", "nginx", "-p", folder, "-e", folder / "nginx-errors.log", "-c", folder / "nginx.conf"
    )
    stage.wait_for("nginx", lambda: answers(f"{stage.url}/wp-includes/version.php"))
    stage.php(
        "require_once ABSPATH . 'wp-admin/includes/upgrade.php';"
        "wp_install('The Blog', 'admin', 'admin@example.org', true, '', 'admin');"
        "update_option('comment_previously_approved', 0); update_option('template', 'twentytwentyone');"
        "update_option('stylesheet', 'twentytwentyone'); activate_plugin('newsroom/newsroom.php');",
        before="define('WP_INSTALLING', true);",
    )


def lay_out(stage: Stage, *, database: Path, key: str, token: str) -> None:
    """WordPress' files with a configuration of their own, and the plugin."""
    www = stage.www
    shutil.copytree(WORDPRESS, www, ignore=shutil.ignore_patterns("wp-config.php"))
    (www / "wp-content" / "plugins" / "newsroom").mkdir()
    shutil.copy(PLUGIN, www / "wp-content" / "plugins" / "newsroom" / "newsroom.php")
    (www / "wp-content" / "mu-plugins").mkdir()
    (
        www / "wp-content" / "mu-plugins" / "no-flood.php"
    ).write_text(  # WordPress' own 15 s between two comments.
        "<?php add_action('init', function () {"
        " remove_filter('comment_flood_filter', 'wp_throttle_comment_flood', 10); });"
    )
    constants = {
        "DB_NAME": "wordpress", "DB_USER": "root", "DB_PASSWORD": "", "DB_HOST": f"localhost:{database}",
        "NEWSROOM_URL": f"http://127.0.0.1:{stage.newsroom}", "NEWSROOM_TOKEN": token,
        "NEWSROOM_PORTS_URL": f"http://127.0.0.1:{stage.ports}", "NEWSROOM_KEY": key,
        "NEWSROOM_SECTION": "local", "WP_SITEURL": stage.url, "WP_HOME": stage.url,
    }  # fmt: skip
    lines = [f"define('{name}', '{value}');" for name, value in constants.items()]
    lines += ["define('DISABLE_WP_CRON', true);", "define('WP_HTTP_BLOCK_EXTERNAL', false);"]
    lines += [f"define('NEWSROOM_EMBED', file_exists('{stage.folder}/embed'));", "$table_prefix = 'wp_';"]
    lines += [
        "defined('ABSPATH') || define('ABSPATH', __DIR__ . '/');",
        "require_once ABSPATH . 'wp-settings.php';",
    ]
    (www / "wp-config.php").write_text("<?php\n" + "\n".join(lines) + "\n")


def nginx_conf(stage: Stage, me: str) -> str:
    folder = stage.folder
    temporary = "".join(
        f"{kind}_temp_path {folder}/nginx-{kind}; "
        for kind in ("client_body", "fastcgi", "proxy", "scgi", "uwsgi")
    )
    user = f"user {me};" if os.geteuid() == 0 else ""
    return f"""{user} daemon off; pid {folder}/nginx.pid; events {{}}
http {{ access_log off; {temporary} include /etc/nginx/mime.types;
  server {{ listen 127.0.0.1:{stage.port}; root {stage.www}; index index.php;
    location / {{ try_files $uri $uri/ /index.php?$args; }}
    location ~ \\.php$ {{ include /etc/nginx/fastcgi_params; fastcgi_pass unix:{folder}/fpm.sock;
      fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
      fastcgi_param HTTP_HOST 127.0.0.1:{stage.port}; }} }} }}
"""


def manage(stage: Stage, *arguments: str) -> None:
    command = [sys.executable, ROOT / "dev.py", "manage", "--state", stage.folder / "s", *arguments]
    subprocess.run([str(part) for part in command], cwd=ROOT, check=True, capture_output=True)


# --- trying --------------------------------------------------------------------------------------------
def try_it(stage: Stage) -> None:
    post = stage.php(
        "wp_set_current_user(1); echo wp_insert_post(['post_title' => 'The bridge & the ferry',"
        "'post_content' => '<p>First.</p><p>Second.</p>', 'post_status' => 'publish',"
        "'tags_input' => ['bridge']]);"
    )
    stage.check("an article that is published is sent", sent_article(stage), "The bridge & the ferry")
    stage.check("a friendly comment", comment(stage, post, FRIENDLY, "ada@example.org"), "published")
    stage.check("spam", comment(stage, post, SPAM, "eve@example.org"), "spam")
    stage.check("a rude comment", comment(stage, post, RUDE, "rude@example.org"), "waits")
    trapped = comment(stage, post, "I like it, well done.", "bot@example.org", newsroom_website="x")
    stage.check("a filled trap", trapped, "spam")
    stage.check(
        "a guaranteed test",
        comment(stage, post, "Hello there.", "akismet-guaranteed-spam@example.com"),
        "spam",
    )

    offer = (
        "My uncle repairs old boats by the harbour and he will gladly repair your boat as well this winter."
    )
    stage.check("a new kind of offer", comment(stage, post, offer, "one@example.org"), "published")
    stage.php("wp_set_current_user(1); $c = get_comments(['search' => 'uncle']); wp_spam_comment($c[0]);")
    offer = offer.replace("winter", "autumn")
    stage.check(
        "its near copy, once a moderator has marked it",
        comment(stage, post, offer, "two@example.org"),
        "spam",
    )
    stage.php(
        "wp_set_current_user(1); foreach (get_comments(['search' => 'uncle', 'status' => 'spam']) as $c)"
        " wp_set_comment_status($c, 'approve');"
    )
    offer = offer.replace("autumn", "spring")
    stage.check(
        "and once it was marked as no spam", comment(stage, post, offer, "three@example.org"), "published"
    )

    stage.php("activate_plugin('akismet/akismet.php');")
    verified = stage.php("echo Akismet::check_key_status(Akismet::get_api_key())[1], ' ',"
                         " Akismet::check_key_status('123456789abc')[1];")  # fmt: skip
    stage.check("WordPress' own Akismet plugin asks for its key here", verified, "valid invalid")
    stage.check(
        "Akismet: a friendly comment", comment(stage, post, f"{FRIENDLY} Ada", "a@example.org"), "published"
    )
    stage.check("Akismet: spam", comment(stage, post, f"{SPAM} now", "b@example.org"), "spam")

    (stage.folder / "embed").touch()
    time.sleep(2.5)  # PHP looks at a file's existence every two seconds.
    address = stage.php("echo get_permalink((int) $argv[1]);", post)
    page = get(address)
    script = f'<script src="http://127.0.0.1:{stage.newsroom}/embed.js" data-url="{address}" async>'
    stage.check("our comments are embedded by the article's address", str(script in page), "True")
    origin = f"from articles.models import Site; Site.objects.update(embed_origins='{stage.url}')"
    manage(stage, "shell", "-c", origin)
    query = urllib.parse.urlencode({"url": address})
    found = json.loads(get(f"http://127.0.0.1:{stage.newsroom}/api/v1/embeds/?{query}"))["article"]
    stage.check(
        "the script finds the article that was sent", found["slug"], address.rstrip("/").rpartition("/")[2]
    )
    stage.check("in place of WordPress' form", str("wp-comments-post.php" in page), "False")
    (stage.folder / "embed").unlink()
    time.sleep(2.5)

    end(stage.processes.pop(0))  # Newsroom.
    away = comment(stage, post, f"{FRIENDLY} Again", "c@example.org")
    stage.check("Akismet: a friendly comment while Newsroom is away", away, "waits")
    stage.php("deactivate_plugins('akismet/akismet.php');")
    away = comment(stage, post, f"{FRIENDLY} Once more", "d@example.org")
    stage.check("a friendly comment while Newsroom is away", away, "waits")
    retried = stage.php(
        "wp_set_current_user(1); wp_update_post(['ID' => $argv[1], 'post_title' => 'New']);"
        "echo wp_next_scheduled('newsroom_send', [(int) $argv[1]]) ? 'yes' : 'no';",
        post,
    )
    stage.check("an article saved meanwhile is sent later", retried, "yes")


def sent_article(stage: Stage) -> str:
    articles = json.loads(get(f"http://127.0.0.1:{stage.newsroom}/api/v1/articles/?limit=5"))["results"]
    return next(
        (each["headline"] for each in articles if each["canonical_url"].startswith(stage.url)), "not there"
    )


def comment(stage: Stage, post: str, text: str, email: str, **fields: str) -> str:
    """Send WordPress' own form; what became of the comment."""
    form = {
        "comment_post_ID": post,
        "author": email.partition("@")[0],
        "email": email,
        "comment": text,
        **fields,
    }
    try:
        get(f"{stage.url}/wp-comments-post.php", form)
    except urllib.error.HTTPError as error:
        return f"status {error.code}: {error.read()[:300]!r}"
    status, _, reason = stage.php(
        "$c = get_comments(['author_email' => $argv[1], 'status' => 'any', 'number' => 1])[0] ?? null;"
        "if ($c) echo $c->comment_approved, ' ', get_comment_meta($c->comment_ID, 'newsroom', true);",
        email,
    ).partition(" ")
    status = {"1": "published", "0": "waits"}.get(status, status or "not kept")
    return f"{status} ({reason})" if reason else status


def get(url: str, form: dict[str, str] | None = None) -> str:
    data = urllib.parse.urlencode(form).encode() if form else None
    request = urllib.request.Request(url, data, {"User-Agent": "Mozilla/5.0"})  # noqa: S310  (our own addresses)
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        return str(answer.read().decode())


def answers(url: str) -> bool:
    try:
        get(url)
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()


if __name__ == "__main__":
    sys.exit(main())
