"""How much of what machines log is taken for personal: `python tests/benchmarks/machine_logs.py`.

Lines in the shapes of sixteen usual kinds of log, with nobody in them but service accounts. Prints the
share of letters and digits found, and of those removed by the default policy, beside Presidio.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from models.evaluate import Find, marked, ours, percent, presidio, table  # noqa: E402
from pii_guard import Guard  # noqa: E402

SHAPES = {
    "hdfs": "{ymd} {hms} {n} INFO dfs.DataNode$PacketResponder: PacketResponder {d} for block blk_{big} terminating¦"
    "{ymd} {hms} {n} INFO dfs.FSNamesystem: BLOCK* NameSystem.addStoredBlock: blockMap updated: {ip}:{port} is added to blk_-{big} size {n}",
    "hadoop": "{iso},{ms} INFO [AsyncDispatcher event handler] org.apache.hadoop.mapreduce.v2.app.job.impl.TaskAttemptImpl: "
    "attempt_{n}_{d}_m_{d}_0 TaskAttempt Transitioned from NEW to UNASSIGNED¦{iso},{ms} WARN [LeaseRenewer:msrabi@msra-sa-{d}:{port}] "
    "org.apache.hadoop.hdfs.LeaseRenewer: Failed to renew lease for [DFSClient_NONMAPREDUCE_{n}_1] for {d} seconds. Will retry shortly ...",
    "spark": "{yy} {hms} INFO storage.BlockManager: Found block rdd_{d}_{d} locally¦{yy} {hms} INFO executor.Executor: Finished task "
    "{d}.0 in stage {d}.0 (TID {n}). {n} bytes result sent to driver",
    "zookeeper": "{iso},{ms} - WARN [SendWorker:{big}:QuorumCnxManager$SendWorker@{n}] - Interrupted while waiting for message on queue¦"
    "{iso},{ms} - INFO [NIOServerCxn.Factory:0.0.0.0/0.0.0.0:{port}:NIOServerCnxn@{n}] - Closed socket connection for client /{ip}:{port} which had sessionid 0x{hex}",
    "bgl": "- {epoch} {y}.{mo}.{da} R{d}-M1-N{d}-C:J{d}-U{d} {y}-{mo}-{da}-{hms}.{big6} R{d}-M1-N{d}-C:J{d}-U{d} RAS KERNEL INFO instruction cache parity error corrected¦"
    "- {epoch} {y}.{mo}.{da} R{d}-M0-NB-C:J{d}-U01 RAS KERNEL FATAL data TLB error interrupt, ciod: failed to read message prefix on control stream",
    "hpc": "{n} node-{d} unix.hw state_change.unavailable {epoch} 1 Component State Change: Component \\042alt0\\042 is in the unavailable state (HWID={n})¦"
    "{n} gige{d} gige temperature {epoch} 1 warning¦{n} node-D{d} unix.hw net.niff.up {epoch} 1 NIFF: node node-D{d} has detected an available network connection on network {ip} via interface scip0",
    "thunderbird": "- {epoch} {y}.{mo}.{da} dn{d} {mon} {da} {hms} dn{d}/dn{d} crond(pam_unix)[{n}]: session opened for user root by (uid=0)¦"
    "- {epoch} {y}.{mo}.{da} tbird-admin1 {mon} {da} {hms} local@tbird-admin1 postfix/postdrop[{n}]: warning: unable to look up public/pickup: No such file or directory",
    "windows": "{iso}, Info CBS Loaded Servicing Stack v6.1.7601.{n} with Core: C:\\Windows\\winsxs\\amd64_microsoft-windows-servicingstack_31bf3856ad364e35_6.1.7601.{n}_none_{hex}\\cbscore.dll¦"
    "{iso}, Info CSI {hex8}@{y}/{mo}/{da}:{hms}.{ms} WcpInitialize (wcp.dll version 0.0.0.6) called (stack @0x{hex})",
    "linux": "{mon} {da} {hms} combo sshd(pam_unix)[{n}]: authentication failure; logname= uid=0 euid=0 tty=NODEVssh ruser= rhost={ip} user=root¦"
    "{mon} {da} {hms} combo kernel: ACPI: PCI Interrupt Link [LNKA] (IRQs 3 4 5 *{d} 11 12 14 15)¦{mon} {da} {hms} combo su(pam_unix)[{n}]: session closed for user news",
    "mac": "{mon} {da} {hms} calvisitor-{d} kernel[0]: ARPT: {n}.{big6}: wl0: wl_update_tcpkeep_seq: Original Seq: {n}, Ack: {n}, Win size: {n}¦"
    "{mon} {da} {hms} authorMacBook-Pro symptomsd[{n}]: __73-[NetworkAnalyticsEngine observeValueForKeyPath:ofObject:change:context:]_block_invoke unexpected switch value {d}",
    "android": "{mo}-{da} {hms}.{ms} {n} {n} D PowerManagerService: acquire lock={n}, flags=0x1, tag=\"View Lock\", name=com.android.systemui, ws=null, uid={n}, pid={n}¦"
    "{mo}-{da} {hms}.{ms} {n} {n} I ActivityManager: Start proc {n}:com.android.settings/u0a{d} for service com.android.settings/.bluetooth.BluetoothService",
    "health": "{y}{mo}{da}-{hms}:{ms}|Step_LSC|{big8}|onStandStepChanged {n}¦{y}{mo}{da}-{hms}:{ms}|Step_SPUtils|{big8}|setTodayTotalDetailSteps={epoch}##{n}##{n}##{n}",
    "apache": "[Sun {mon} {da} {hms} {y}] [notice] workerEnv.init() ok /etc/httpd/conf/workers2.properties¦[Sun {mon} {da} {hms} {y}] [error] mod_jk child workerEnv in error state {d}¦"
    "[Sun {mon} {da} {hms} {y}] [error] [client {ip}] Directory index forbidden by rule: /var/www/html/",
    "proxifier": "[{mo}.{da} {hms}] chrome.exe - proxy.cse.campus.example:{port} open through proxy proxy.cse.campus.example:{port} HTTPS¦"
    "[{mo}.{da} {hms}] chrome.exe *64 - play.search.example:443 close, {n} bytes ({n} KB) sent, {n} bytes received, lifetime 00:{d}",
    "openssh": "{mon} {da} {hms} LabSZ sshd[{n}]: Failed password for root from {ip} port {port} ssh2¦{mon} {da} {hms} LabSZ sshd[{n}]: Received disconnect from {ip}: 11: Bye Bye [preauth]¦"
    "{mon} {da} {hms} LabSZ sshd[{n}]: pam_unix(sshd:auth): check pass; user unknown",
    "openstack": "nova-api.log.1.{y}-{mo}-{da}_{hms} {iso}.{ms} {n} INFO nova.osapi_compute.wsgi.server [req-{uuid} {hex32} {hex32} - - -] {ip} \"GET /v2/{hex32}/servers/detail HTTP/1.1\" status: 200 len: {n} time: 0.{big6}¦"
    "nova-compute.log.1.{y}-{mo}-{da}_{hms} {iso}.{ms} {n} INFO nova.compute.manager [req-{uuid} - - - - -] [instance: {uuid}] VM Resumed (Lifecycle Event)",
}  # fmt: skip
_SLOT = re.compile(r"\{(\w+)\}")


def lines(shape: str, count: int, rng: random.Random) -> str:
    """`count` lines of a shape, numbers and times filled in."""
    clock = [1_600_000_000]

    def two(most: int) -> str:
        return f"{rng.randint(1, most):02}"

    def digits(count: int) -> str:
        return str(rng.randint(10 ** (count - 1), 10**count - 1))

    def hexes(count: int) -> str:
        return f"{rng.getrandbits(4 * count):0{count}x}"

    def epoch() -> str:
        clock[0] += rng.randint(0, 90)
        return str(clock[0])

    makers: dict[str, Callable[[], str]] = {
        "ymd": lambda: f"{rng.randint(8, 26):02}{two(12)}{two(28)}",
        "yy": lambda: f"{rng.randint(10, 26)}/{two(12)}/{two(28)}",
        "iso": lambda: f"{rng.randint(2010, 2026)}-{two(12)}-{two(28)} {two(23)}:{two(59)}:{two(59)}",
        "hms": lambda: f"{two(23)}:{two(59)}:{two(59)}",
        "ms": lambda: digits(3), "n": lambda: digits(rng.randint(2, 7)), "d": lambda: digits(rng.randint(1, 2)),
        "big": lambda: digits(19), "big6": lambda: digits(6), "big8": lambda: digits(8),
        "port": lambda: digits(5), "ip": lambda: f"10.{rng.randint(0, 255)}.{rng.randint(0, 255)}.{rng.randint(1, 254)}",
        "epoch": epoch, "y": lambda: str(rng.randint(2005, 2026)), "mo": lambda: two(12), "da": lambda: two(28),
        "mon": lambda: rng.choice("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()),
        "hex": lambda: hexes(16), "hex8": lambda: hexes(8), "hex32": lambda: hexes(32),
        "uuid": lambda: "-".join(hexes(k) for k in (8, 4, 4, 4, 12)),
    }  # fmt: skip
    forms = shape.split("¦")
    return "\n".join(
        _SLOT.sub(lambda slot: makers[slot[1]](), rng.choice(forms)) for _ in range(count)
    )


def covered(text: str, find: Find) -> tuple[int, int]:
    """Letters and digits under findings, and all of them."""
    mask = marked(len(text), find(text))
    return sum(mask[i] for i, c in enumerate(text) if c.isalnum()), sum(map(str.isalnum, text))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=400, help="lines of each kind")
    parser.add_argument("--seed", type=int, default=5)
    args = parser.parse_args()
    guard = Guard()

    def removed(text: str) -> list[tuple[int, int, str]]:
        scan = guard.scan(text.encode(), name="machine.log")
        return [(f.start, f.end, f.entity_type) for f in scan]

    engines: dict[str, Find] = {
        "found %": ours(),
        "removed %": removed,
        "presidio found %": presidio(),
    }
    rows: list[dict[str, object]] = []
    sums = {name: [0, 0] for name in engines}
    for kind, shape in SHAPES.items():
        text = lines(shape, args.lines, random.Random(f"{args.seed} {kind}"))
        row: dict[str, object] = {"log": kind}
        for name, find in engines.items():
            part, whole = covered(text, find)
            sums[name][0] += part
            sums[name][1] += whole
            row[name] = percent(part, whole)
        rows.append(row)
    rows.append({"log": "all"} | {name: percent(*pair) for name, pair in sums.items()})
    print(table(rows))


if __name__ == "__main__":
    main()
