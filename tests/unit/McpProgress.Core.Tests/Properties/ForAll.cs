using System.Globalization;

namespace McpProgress.Core.Tests.Properties;

/// <summary>Checks that something holds for many inputs, each made from a seed of its own.</summary>
internal static class ForAll
{
    private static readonly int FirstSeed = Number("MCPPROGRESS_SEED", 1);
    private static readonly int? Count = int.TryParse(Environment.GetEnvironmentVariable("MCPPROGRESS_INPUTS"), out int count) ? count : null;

    /// <summary>Runs a check for every seed.</summary>
    /// <param name="check">Fails where it does not hold.</param>
    /// <param name="ordinarily">How many inputs it gets when nobody asks for more.</param>
    public static void Inputs(Action<Inputs> check, int ordinarily = 20_000)
    {
        for (int seed = FirstSeed; seed < FirstSeed + (Count ?? ordinarily); seed++)
        {
            var inputs = new Inputs(seed);
            try
            {
                check(inputs);
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException(
                    $"Seed {seed} (again with MCPPROGRESS_SEED={seed} MCPPROGRESS_INPUTS=1): {exception.Message}\nInput: {inputs.Last}", exception);
            }
        }
    }

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out int number) ? number : otherwise;
}
