// Sorting, filtering, saving as CSV (a second line of a cell, such as an interval, becomes a column of its own), and opening what is folded before printing. The page is whole without it.
(function () {
  "use strict";
  var rawOf = function (cell) { // what a cell sorts by and is saved as: its attribute, or its text where they are the same
    return "raw" in cell.dataset ? cell.dataset.raw : cell.firstChild ? cell.firstChild.textContent : "";
  };
  document.querySelectorAll(".table").forEach(function (box) {
    var table = box.querySelector("table"), body = table.tBodies[0];
    var heads = Array.prototype.slice.call(table.querySelectorAll("th"));
    heads.forEach(function (th, column) {
      th.querySelector("button").addEventListener("click", function () {
        var down = th.getAttribute("aria-sort") === "ascending";
        heads.forEach(function (h) { h.removeAttribute("aria-sort"); });
        th.setAttribute("aria-sort", down ? "descending" : "ascending");
        var rows = Array.prototype.slice.call(body.rows).map(function (row, at) {
          var cell = row.cells[column];
          return { row: row, at: at, raw: rawOf(cell), number: cell.classList.contains("n") };
        });
        rows.sort(function (a, b) {
          if ((a.raw === "") !== (b.raw === "")) return a.raw === "" ? 1 : -1; // what is missing stays last
          var d = a.number && b.number ? Number(a.raw) - Number(b.raw) : a.raw.localeCompare(b.raw, document.documentElement.lang);
          return (down ? -d : d) || a.at - b.at;
        });
        rows.forEach(function (r) { body.appendChild(r.row); });
      });
    });
    if (body.rows.length > 12) {
      var label = document.createElement("label"), input = document.createElement("input");
      label.className = "filter";
      label.textContent = box.dataset.filter + " ";
      input.type = "search";
      label.appendChild(input);
      box.insertBefore(label, table);
      input.addEventListener("input", function () {
        var words = input.value.toLowerCase().split(/\s+/);
        Array.prototype.forEach.call(body.rows, function (row) {
          var text = row.textContent.toLowerCase();
          row.hidden = !words.every(function (w) { return text.indexOf(w) >= 0; });
        });
      });
    }
    var save = box.querySelector(".save");
    save.hidden = false;
    save.addEventListener("click", function () {
      var quote = function (s) { return /[",\n]/.test(s) ? '"' + s.replace(/"/g, '""') + '"' : s; };
      var rows = Array.prototype.slice.call(body.rows), second = heads.map(function (_, column) {
        return rows.some(function (row) { return row.cells[column].querySelector("small"); });
      });
      var lines = [heads.map(function (h, column) { return quote(h.textContent) + (second[column] ? "," + quote(h.textContent + " *") : ""); }).join(",")];
      rows.forEach(function (row) {
        lines.push(Array.prototype.map.call(row.cells, function (c, column) {
          var small = c.querySelector("small");
          return quote(rawOf(c)) + (second[column] ? "," + quote(small ? small.textContent : "") : "");
        }).join(","));
      });
      var a = document.createElement("a");
      a.href = URL.createObjectURL(new Blob(["\ufeff" + lines.join("\n") + "\n"], { type: "text/csv" }));
      a.download = table.caption.textContent.replace(/[^\wæøåÆØÅ]+/g, "-") + ".csv";
      a.click();
      URL.revokeObjectURL(a.href);
    });
  });
  var open = function (hash) {
    var target = hash && document.getElementById(hash.slice(1));
    if (target && target.tagName === "DETAILS") target.open = true;
  };
  addEventListener("hashchange", function () { open(location.hash); });
  open(location.hash);
  addEventListener("beforeprint", function () {
    document.querySelectorAll("details.group").forEach(function (d) { d.open = true; });
  });
})();
