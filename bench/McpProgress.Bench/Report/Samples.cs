using System.Globalization;

namespace McpProgress.Bench.Report;

/// <summary>One figure over all rounds.</summary>
internal sealed class Samples
{
    private readonly List<double> _sorted = [];

    public double Median => (_sorted[(_sorted.Count - 1) / 2] + _sorted[_sorted.Count / 2]) / 2;

    public double Sum => _sorted.Sum();

    public void Add(double value)
    {
        int place = _sorted.BinarySearch(value);
        _sorted.Insert(place < 0 ? ~place : place, value);
    }

    /// <summary>The median, and in brackets the least and the greatest where they differ from it.</summary>
    public string Format(string format)
    {
        string[] texts = [.. new[] { Median, _sorted[0], _sorted[^1] }.Select(value => value.ToString(format, CultureInfo.InvariantCulture))];
        return texts.Distinct().Count() == 1 ? texts[0] : $"{texts[0]} ({texts[1]} – {texts[2]})";
    }
}
