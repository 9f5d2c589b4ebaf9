"""A private set intersection between two SecretFlow parties on loopback, as JSON: what each held and what they compared.

usage: python secretflow.py IDS_A IDS_B     (comma-separated ids; needs `pip install spu`, tried with 0.9.5)
Prints one line: {"version", "parties": [{"ids", "scalar", "compared"}]}. `compared` are the double-blinded values of the
party's own ids, in the order of its ids; scalar and values in hex. SecretFlow keeps both in its checkpoint folder.
"""

import base64
import csv
import glob
import importlib.metadata
import json
import multiprocessing
import os
import re
import socket
import sys
import tempfile

import spu.libspu as libspu
import spu.psi as psi


def run_party(rank, folder, ports):
    log = os.open(f"{folder}/log{rank}", os.O_CREAT | os.O_WRONLY)
    os.dup2(log, 1)
    os.dup2(log, 2)
    desc = libspu.link.Desc()
    desc.recv_timeout_ms = 20_000
    for party, port in enumerate(ports):
        desc.add_party(f"party-{party}", f"127.0.0.1:{port}")
    link = libspu.link.create_brpc(desc, rank)
    psi.psi_execute(
        psi.PsiExecuteConfig(
            protocol_conf=psi.PsiProtocolConfig(
                protocol=psi.PsiProtocol.PROTOCOL_ECDH,
                receiver_rank=0,
                broadcast_result=True,
                ecdh_params=psi.EcdhParams(curve=psi.EllipticCurveType.CURVE_25519),
            ),
            input_params=psi.InputParams(path=f"{folder}/in{rank}.csv", selected_keys=["id"], keys_unique=True),
            output_params=psi.OutputParams(path=f"{folder}/out{rank}.csv"),
            checkpoint_conf=psi.CheckpointConfig(enable=True, path=f"{folder}/kept{rank}"),
        ),
        link,
    )
    link.stop_link()


def end_log(rank, folder):
    """Shows the log, and removes the trace that SecretFlow leaves in the temporary folder."""
    with open(f"{folder}/log{rank}", errors="replace") as file:
        log = file.read()
    sys.stderr.write(log)
    for trace in re.findall(r"Trace has been written to (\S+\.trace)", log):
        os.remove(trace)


def read_party(rank, folder, ids):
    compared = {}
    for bucket in glob.glob(f"{folder}/kept{rank}/ecdh_dual_masked_self_cache/*"):
        with open(bucket) as lines:
            for line in lines:
                index, _, value = line.strip().split(",")
                compared[int(index)] = base64.b64decode(value).hex()
    with open(f"{folder}/kept{rank}/private_key", "rb") as key:
        scalar = key.read().hex()
    return {"ids": ids, "scalar": scalar, "compared": [compared[k] for k in range(len(ids))]}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def main():
    sets = [argument.split(",") for argument in sys.argv[1:3]]
    ports = [free_port(), free_port()]
    with tempfile.TemporaryDirectory() as folder:
        for rank, ids in enumerate(sets):
            os.mkdir(f"{folder}/kept{rank}")
            with open(f"{folder}/in{rank}.csv", "w", newline="") as file:
                csv.writer(file).writerows([["id"]] + [[value] for value in ids])
        parties = [multiprocessing.Process(target=run_party, args=(rank, folder, ports)) for rank in range(2)]
        for party in parties:
            party.start()
        for party in parties:
            party.join(60)
            if party.is_alive():
                party.kill()
        for rank in range(2):
            end_log(rank, folder)
        print(
            json.dumps(
                {
                    "version": importlib.metadata.version("spu"),
                    "parties": [read_party(rank, folder, ids) for rank, ids in enumerate(sets)],
                },
                ensure_ascii=False,
            )
        )


if __name__ == "__main__":
    main()
