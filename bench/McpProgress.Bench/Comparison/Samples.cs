using System.Globalization;

namespace McpProgress.Bench.Comparison;

/// <summary>One figure over all rounds.</summary>
internal sealed class Samples(IEnumerable<double> values)
{
    private readonly double[] _sorted = [.. values.Order()];

    public double Median => _sorted[_sorted.Length / 2];

    /// <summary>The median, and in brackets the least and the greatest.</summary>
    public string Format(string format) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Median.ToString(format, CultureInfo.InvariantCulture)} ({_sorted[0].ToString(format, CultureInfo.InvariantCulture)} – {_sorted[^1].ToString(format, CultureInfo.InvariantCulture)})");
}
