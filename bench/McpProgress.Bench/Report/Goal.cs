using System.Globalization;

namespace McpProgress.Bench.Report;

/// <summary>A figure the project promises, beside what was measured.</summary>
internal sealed record Goal(string Figure, string Wanted, string Measured, bool Holds)
{
    public static Goal AtLeast(string figure, double wanted, double measured, string unit, string format = "N2") =>
        new(figure, $"at least {Number(wanted, "#,0.##")} {unit}", $"{Number(measured, format)} {unit}", measured >= wanted);

    public static Goal AtMost(string figure, double wanted, double measured, string unit, string format = "N2") =>
        new(figure, $"at most {Number(wanted, "#,0.##")} {unit}", $"{Number(measured, format)} {unit}", measured <= wanted);

    /// <summary>Nothing of this kind may happen, in no round.</summary>
    public static Goal None(string figure, params (string What, Samples Times)[] faults) => new(
        figure,
        "none " + string.Join(", none ", faults.Select(fault => fault.What)),
        string.Join(", ", faults.Select(fault => $"{Number(fault.Times.Sum, "N0")} {fault.What}")),
        faults.All(fault => fault.Times.Sum == 0));

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
