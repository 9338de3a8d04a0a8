"""The picture of what an invoke costs beside nginx and haproxy, drawn from the page's own table."""
import re

WIDTH, LEFT, PANEL, GAP = 960, 170, 350, 40
TOP, ROW, BAR = 84, 36, 12
MOST = 1.5  # times nginx's, at a panel's right edge
COLORS = {"haproxy": ("#b4bcc5", "#1d2733"), "edgelane": ("#2f6f9f", "#fff")}  # bar, figure
PANELS = (("req/s to nginx", "Requests a second: longer is better"),
          ("CPU to nginx", "CPU a request: shorter is better"))


def _loads(text):
    """(load, server, cells by the names of their columns) of the first table."""
    head, load = None, ""
    for line in text.splitlines():
        if not line.startswith("|"):
            if head:
                return
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if head is None:
            head = cells
        elif not re.fullmatch(r"-+", cells[0]):
            load = cells[0] or load
            yield load, cells[1], dict(zip(head, cells))


def _bars(loads, column, left):
    shapes = []
    for at, (load, servers) in enumerate(loads.items()):
        y = TOP + at * ROW
        if left == LEFT:
            shapes.append(f'<text x="{left - 12}" y="{y + 17}" text-anchor="end">{load}</text>')
        for place, (server, (color, ink)) in enumerate(COLORS.items()):
            value = float(servers[server][column])
            width = min(value, MOST) / MOST * PANEL
            top = y + place * (BAR + 1)
            shapes.append(f'<rect x="{left}" y="{top}" width="{width:.0f}" height="{BAR}" '
                          f'fill="{color}"/>')
            shapes.append(f'<text x="{left + 6}" y="{top + 10}" font-size="11" '
                          f'fill="{ink}">{value:.2f}</text>')
    return shapes


def _panel(loads, column, title, left):
    bottom = TOP + len(loads) * ROW
    one = left + PANEL / MOST
    return [f'<text x="{left}" y="52" font-weight="bold">{title}</text>',
            *_bars(loads, column, left),
            f'<path d="M{one:.0f} 66V{bottom}" stroke="#b5532a" stroke-dasharray="4 3"/>',
            f'<text x="{one:.0f}" y="{bottom + 16}" text-anchor="middle" fill="#b5532a">nginx'
            '</text>']


def draw(text):
    """An SVG of the invoke section."""
    loads = {}
    for load, server, cells in _loads(text):
        loads.setdefault(load, {})[server] = cells
    height = TOP + len(loads) * ROW + 30
    legend = []
    for place, (server, (color, _)) in enumerate(COLORS.items()):
        x = LEFT + place * 110
        legend.append(f'<rect x="{x}" y="16" width="12" height="12" fill="{color}"/>')
        legend.append(f'<text x="{x + 18}" y="27">{server}</text>')
    panels = []
    for place, (column, title) in enumerate(PANELS):
        panels += _panel(loads, column, title, LEFT + place * (PANEL + GAP))
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        'font-family="Helvetica, Arial, sans-serif" font-size="13" fill="#1d2733">',
        "<title>Invoke beside nginx and haproxy: requests a second, and CPU a request</title>",
        f'<rect width="{WIDTH}" height="{height}" rx="10" fill="#fff"/>',
        *legend, *panels, "</svg>"]) + "\n"
