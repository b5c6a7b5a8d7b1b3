// Sorting, filtering, saving as CSV (a second line of a cell, such as an interval, becomes a column of its own), what a figure says where it is
// pointed at or walked through with the arrow keys, and opening what is folded before printing. The page is whole without it.
(function () {
  "use strict";
  var rawOf = function (cell) { // what a cell sorts by and is saved as: its attribute, or its text where they are the same
    return "raw" in cell.dataset ? cell.dataset.raw : cell.firstChild ? cell.firstChild.textContent : "";
  };
  document.querySelectorAll(".table").forEach(function (box) {
    var table = box.querySelector("table"), body = table.tBodies[0];
    var heads = Array.prototype.slice.call(table.tHead.querySelectorAll("th"));
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
      var count = document.createElement("output");
      input.type = "search";
      label.appendChild(input);
      label.appendChild(count);
      box.insertBefore(label, table);
      input.addEventListener("input", function () {
        var words = input.value.toLowerCase().split(/\s+/), shown = 0;
        Array.prototype.forEach.call(body.rows, function (row) {
          var text = row.textContent.toLowerCase();
          row.hidden = !words.every(function (w) { return text.indexOf(w) >= 0; });
          if (!row.hidden) shown++;
        });
        count.textContent = input.value ? shown + " " + box.dataset.of + " " + body.rows.length : "";
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
  // On paper: what the reader has open in full, tables without a figure included; the rest as its figures alone. Afterwards as it was.
  var opened = [];
  addEventListener("beforeprint", function () {
    document.querySelectorAll("details.group").forEach(function (d) {
      if (!d.open) { d.classList.add("brief"); d.open = true; opened.push(d); return; }
      d.querySelectorAll(".bare details").forEach(function (n) { if (!n.open) { n.open = true; opened.push(n); } });
    });
  });
  addEventListener("afterprint", function () {
    opened.forEach(function (d) { d.open = false; d.classList.remove("brief"); });
    opened = [];
  });

  // Figures: the nearest spot to the pointer, or the next one by the arrow keys, is marked and said.
  var tip = document.createElement("div");
  tip.className = "tip";
  tip.setAttribute("role", "status");
  tip.hidden = true;
  document.body.appendChild(tip);
  document.querySelectorAll(".svg").forEach(function (box) {
    var svg = box.querySelector("svg");
    if (!svg.dataset.spots) return;
    var spots = null, now = -1, cursor = document.createElement("div"), along = svg.dataset.along;
    cursor.className = "cursor";
    box.tabIndex = 0;
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", box.dataset.name);
    var hide = function () { tip.hidden = true; cursor.remove(); now = -1; };
    var show = function (i) {
      if (i === now) return;
      now = i;
      var r = svg.getBoundingClientRect(), view = svg.viewBox.baseVal, scale = r.width / view.width, x = spots[i][0] * scale, y = spots[i][1] * scale;
      box.appendChild(cursor);
      cursor.style.cssText = along === "x" ? "left:" + x + "px;top:0;height:" + r.height + "px;border-left-width:1px" :
        along === "y" ? "left:0;top:" + y + "px;width:" + r.width + "px;border-top-width:1px" : "left:" + (x - 9) + "px;top:" + (y - 9) + "px;width:18px;height:18px;border-width:1px;border-radius:50%";
      tip.textContent = spots[i][2];
      tip.hidden = false;
      var w = tip.offsetWidth, h = tip.offsetHeight, left = r.left + x + 14, top = r.top + y - h - 10;
      if (left + w > innerWidth - 4) left = Math.max(4, r.left + x - w - 14);
      if (top < 4) top = Math.min(r.top + y + 14, innerHeight - h - 4);
      tip.style.left = left + "px";
      tip.style.top = top + "px";
    };
    var read = function () { spots = spots || JSON.parse(svg.dataset.spots); };
    var point = function (e) {
      read();
      var r = svg.getBoundingClientRect(), scale = svg.viewBox.baseVal.width / r.width, px = (e.clientX - r.left) * scale, py = (e.clientY - r.top) * scale, best = 0, least = 1e9;
      spots.forEach(function (s, i) {
        var dx = Math.abs(s[0] - px), dy = Math.abs(s[1] - py), d = along === "x" ? dx + dy / 1e3 : along === "y" ? dy + dx / 1e3 : dx + dy;
        if (d < least) { least = d; best = i; }
      });
      show(best);
    };
    box.addEventListener("pointermove", point);
    box.addEventListener("pointerdown", point);
    box.addEventListener("pointerleave", hide);
    box.addEventListener("blur", hide);
    box.addEventListener("keydown", function (e) {
      read();
      var last = spots.length - 1, to = { ArrowRight: now + 1, ArrowDown: now + 1, ArrowLeft: now - 1, ArrowUp: now - 1, Home: 0, End: last }[e.key];
      if (e.key === "Escape") hide();
      if (to === undefined) return;
      e.preventDefault();
      show(Math.max(0, Math.min(last, to)));
    });
  });
  addEventListener("scroll", function () { tip.hidden = true; }, { passive: true });
})();
