"""Execute the notebooks and compare what they show with what is stored in them.

    python notebooks/execute.py [--update] [NOTEBOOK ...]

Needs notebooks/requirements.txt and the program, named by the variable EVALUATE (default: `evaluate` on the path). A cell
that fails or an output that differs ends with status 1; --update stores the new outputs. A notebook whose kernel is not
installed (R: Debian's r-cran-irkernel) is named aloud and passed over.
"""

import pathlib
import sys
import time

import nbformat
from jupyter_client.kernelspec import KernelSpecManager
from nbconvert.preprocessors import ExecutePreprocessor


def shown(cell):
    """What a code cell shows, as text; what it says on stderr is not part of it."""
    out = []
    for o in cell.get("outputs", []):
        if o.get("name") != "stderr":
            out.append(o.get("text") or o.get("data", {}).get("text/plain", ""))
    return "\n".join(out).strip()


def main(args):
    update = "--update" in args
    names = [a for a in args if not a.startswith("--")] or sorted(map(str, pathlib.Path(__file__).parent.glob("*.ipynb")))
    kernels = KernelSpecManager().find_kernel_specs()
    wrong = 0
    for name in names:
        stored = nbformat.read(name, as_version=4)
        kernel = stored.metadata.kernelspec.name
        if kernel not in kernels:
            print(f"{name} was NOT executed: this machine has no kernel {kernel}")
            continue
        begin = time.time()
        fresh = nbformat.from_dict(stored)
        ExecutePreprocessor(timeout=600, kernel_name=kernel).preprocess(fresh, {"metadata": {"path": str(pathlib.Path(name).parent)}})
        for i, (a, b) in enumerate(zip(stored.cells, fresh.cells)):
            if a.cell_type == "code" and shown(a) != shown(b):
                wrong += 1
                if not update:
                    print(f"{name}, cell {i} shows\n{shown(b)}\nand is stored with\n{shown(a)}")
        if update:
            for c in fresh.cells:
                c.metadata.clear()
                if c.cell_type == "code":
                    c.outputs = [o for o in c.outputs if o.get("name") != "stderr"]
                for o in c.get("outputs", []):
                    if "data" in o:  # text is enough, and does not change with the version of pandas' HTML
                        o["data"] = {"text/plain": o["data"].get("text/plain", "")}
                        o["metadata"] = {}
            fresh.metadata = {"kernelspec": stored.metadata.kernelspec, "language_info": {"name": stored.metadata.language_info.name}}
            nbformat.write(fresh, name)
        print(f"{name}: {sum(c.cell_type == 'code' for c in fresh.cells)} code cells executed, {time.time() - begin:.0f} s")
    return 1 if wrong and not update else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
