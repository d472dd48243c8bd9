-- Cross-references: numbers figures, tables, equations and sections, and turns @fig:x, @tbl:x, @eq:x, @sec:x into links.
-- Input: figures and tables with identifiers fig:..., tbl:...; display equations in a span with identifier eq:...;
-- headers with identifiers sec:... (an attribute label="Appendix A" replaces the number).
-- A reference to something that is not there stops pandoc with one line.

local words = { fig = "Figure", tbl = "Table", eq = "Equation", sec = "Section" }
local labels = {}
local counters = { fig = 0, tbl = 0, eq = 0 }
local section = { 0, 0, 0 }
local long_table_rows = 36
local long_table_letters = 1800
-- tables that stay where they are in the text instead of going where they fit
local stays = { ["tbl:objections"] = true }
local nbsp = "\u{00A0}"

local function kind_of(identifier)
  local kind = identifier:match("^(%a+):")
  return words[kind] and kind or nil
end

local function count(kind, identifier)
  counters[kind] = counters[kind] + 1
  labels[identifier] = words[kind] .. nbsp .. counters[kind]
  return counters[kind]
end

local function put_before(caption, text)
  local start = { pandoc.Strong({ pandoc.Str(text .. ".") }), pandoc.Space() }
  if #caption.long == 0 then
    caption.long = { pandoc.Plain(start) }
  else
    local first = caption.long[1]
    for position = #start, 1, -1 do
      table.insert(first.content, 1, start[position])
    end
  end
  return caption
end

-- In Typst a captioned table stays on one page and goes where it fits; one that may be longer than a page stays and breaks.
local function breakable(block)
  local rows = 0
  for _, body in ipairs(block.bodies) do
    rows = rows + #body.body
  end
  local long = rows > long_table_rows or #pandoc.utils.stringify(block) > long_table_letters
  if not long and not stays[block.identifier] then
    return block
  end
  return {
    pandoc.RawBlock("typst", "#[#show figure.where(kind: table): set block(breakable: true)\n#set figure(placement: none)"),
    block,
    pandoc.RawBlock("typst", "]"),
  }
end

local function number_captioned(kind)
  return function(block)
    if kind_of(block.identifier) ~= kind then
      return nil
    end
    count(kind, block.identifier)
    -- LaTeX numbers floats itself, in the same order
    if not FORMAT:match("latex") then
      block.caption = put_before(block.caption, labels[block.identifier])
    end
    if kind == "tbl" and FORMAT:match("typst") then
      return breakable(block), false
    end
    return block
  end
end

local function number_header(header)
  if header.classes:includes("unnumbered") then
    if header.attributes.label then
      labels[header.identifier] = header.attributes.label
      header.attributes.label = nil
      -- an appendix is hardly more than its figures and tables: they stay below its title
      if FORMAT:match("typst") then
        return { pandoc.RawBlock("typst", "#place.flush()\n#set figure(placement: none)"), header }
      end
    end
    return header
  end
  if header.level <= #section then
    section[header.level] = section[header.level] + 1
    for level = header.level + 1, #section do
      section[level] = 0
    end
    local parts = {}
    for level = 1, header.level do
      parts[level] = tostring(section[level])
    end
    labels[header.identifier] = words.sec .. nbsp .. table.concat(parts, ".")
  end
  return header
end

local function equation(paragraph)
  if #paragraph.content ~= 1 or paragraph.content[1].t ~= "Span" then
    return nil
  end
  local span = paragraph.content[1]
  if kind_of(span.identifier) ~= "eq" then
    return nil
  end
  local math = span.content[1]
  local shown = "(" .. count("eq", span.identifier) .. ")"
  if FORMAT:match("typst") then
    local body = pandoc.write(pandoc.Pandoc({ pandoc.Plain({ math }) }), "typst")
    return pandoc.RawBlock(
      "typst",
      '#[#set math.equation(numbering: _ => "' .. shown .. '")\n' .. body .. " <" .. span.identifier .. ">]"
    )
  elseif FORMAT:match("latex") then
    return pandoc.RawBlock(
      "latex",
      "\\begin{equation}\\label{" .. span.identifier .. "}\n" .. math.text .. "\n\\end{equation}"
    )
  elseif FORMAT:match("html") then
    return pandoc.Div(
      { pandoc.Plain({ math }), pandoc.Plain({ pandoc.Span({ pandoc.Str(shown) }, { class = "number" }) }) },
      { id = span.identifier, class = "equation" }
    )
  end
  math.text = math.text .. " \\qquad " .. shown
  return pandoc.Para({ pandoc.Span({ math }, { id = span.identifier }) })
end

local function reference(cite)
  local inlines = {}
  for position, citation in ipairs(cite.citations) do
    if not kind_of(citation.id) then
      return nil
    end
    local label = labels[citation.id]
    if not label then
      error("cross-reference @" .. citation.id .. " refers to nothing in the manuscript")
    end
    if position > 1 then
      table.insert(inlines, pandoc.Str(", "))
    end
    table.insert(inlines, pandoc.Link({ pandoc.Str(label) }, "#" .. citation.id))
  end
  return inlines
end

-- Fonts of plain LaTeX have no minus sign outside mathematics.
local function latex_minus(text)
  if not FORMAT:match("latex") or not text.text:find("\u{2212}", 1, true) then
    return nil
  end
  local inlines, rest = {}, text.text
  while true do
    local first, last = rest:find("\u{2212}", 1, true)
    if not first then
      break
    end
    if first > 1 then
      table.insert(inlines, pandoc.Str(rest:sub(1, first - 1)))
    end
    table.insert(inlines, pandoc.Math("InlineMath", "-"))
    rest = rest:sub(last + 1)
  end
  if #rest > 0 then
    table.insert(inlines, pandoc.Str(rest))
  end
  return inlines
end

return {
  {
    traverse = "topdown",
    Header = number_header,
    Figure = number_captioned("fig"),
    Table = number_captioned("tbl"),
    Para = equation,
  },
  { Cite = reference, Str = latex_minus },
}
