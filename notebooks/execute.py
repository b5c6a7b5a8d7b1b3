"""Execute the notebooks and compare what they show with what is stored in them.

    python notebooks/execute.py [--update] [NOTEBOOK ...]

Needs notebooks/requirements.txt and the program, named by the variable EVALUATE (default: `evaluate` on the path). A cell
that fails or an output that differs ends with status 1; --update stores the new outputs.
"""

import pathlib
import sys

import nbformat
from nbclient import NotebookClient


def shown(cell):
    """What a code cell shows, as text."""
    out = []
    for o in cell.get("outputs", []):
        out.append(o.get("text") or o.get("data", {}).get("text/plain", ""))
    return "\n".join(out).strip()


def main(args):
    update = "--update" in args
    names = [a for a in args if not a.startswith("--")] or sorted(map(str, pathlib.Path(__file__).parent.glob("*.ipynb")))
    wrong = 0
    for name in names:
        stored = nbformat.read(name, as_version=4)
        fresh = nbformat.from_dict(stored)
        NotebookClient(fresh, timeout=600, kernel_name="python3").execute()
        for i, (a, b) in enumerate(zip(stored.cells, fresh.cells)):
            if a.cell_type == "code" and shown(a) != shown(b):
                wrong += 1
                if not update:
                    print(f"{name}, cell {i} shows\n{shown(b)}\nand is stored with\n{shown(a)}")
        if update:
            for c in fresh.cells:
                c.metadata.clear()
                for o in c.get("outputs", []):
                    if "data" in o:  # text is enough, and does not change with the version of pandas' HTML
                        o["data"] = {"text/plain": o["data"].get("text/plain", "")}
            fresh.metadata = {"kernelspec": stored.metadata.kernelspec, "language_info": {"name": "python"}}
            nbformat.write(fresh, name)
        print(f"{name}: {sum(c.cell_type == 'code' for c in fresh.cells)} code cells executed")
    return 1 if wrong and not update else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
