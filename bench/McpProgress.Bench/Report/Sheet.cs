using System.Globalization;

namespace McpProgress.Bench.Report;

/// <summary>The figures of some contestants: a row each, in the order they first came, and a column for each figure.</summary>
/// <param name="contestants">What the rows are.</param>
/// <param name="baseline">The row that the others are compared with; null for none.</param>
/// <param name="columns">The figures.</param>
internal sealed class Sheet(string contestants, string? baseline, params Column[] columns)
{
    private readonly Dictionary<(string Row, string Column), Samples> _samples = [];
    private readonly List<string> _rows = [];

    public void Add(string row, Column column, double value)
    {
        if (!_rows.Contains(row))
        {
            _rows.Add(row);
        }

        if (!_samples.TryGetValue((row, column.Title), out Samples? samples))
        {
            _samples[(row, column.Title)] = samples = new Samples();
        }

        samples.Add(value);
    }

    public Samples Of(string row, Column column) => _samples[(row, column.Title)];

    public double Median(string row, Column column) => Of(row, column).Median;

    /// <summary>One median in units of another.</summary>
    public double Ratio(Column column, string row, string to) => Median(row, column) / Median(to, column);

    public string ToMarkdown()
    {
        var table = new MarkdownTable([contestants, .. columns.SelectMany(Titles)]);
        foreach (string row in _rows)
        {
            table.Add([row, .. columns.SelectMany(column => Cells(row, column))]);
        }

        return table.ToString();
    }

    private IEnumerable<string> Titles(Column column) => IsCompared(column) ? [column.Title, "ratio"] : [column.Title];

    private IEnumerable<string> Cells(string row, Column column)
    {
        bool known = _samples.TryGetValue((row, column.Title), out Samples? samples);
        yield return known ? samples!.Format(column.Format) : "–";
        if (IsCompared(column))
        {
            yield return known ? string.Create(CultureInfo.InvariantCulture, $"{Ratio(column, row, baseline!):F2} ×") : "–";
        }
    }

    private bool IsCompared(Column column) => column.IsCompared && baseline is not null;
}

/// <summary>A figure.</summary>
/// <param name="Title">What it is, and its unit.</param>
/// <param name="Format">How it is written.</param>
/// <param name="IsCompared">Whether its ratio to the baseline is shown.</param>
internal sealed record Column(string Title, string Format, bool IsCompared = false);
