using System.Globalization;

namespace McpProgress.Server.Host;

/// <summary>Reads options off a command line, one after the other: <c>--name value</c> or <c>--name=value</c>.</summary>
internal sealed class OptionReader(string[] args)
{
    private int _next;
    private string? _inline;

    /// <summary>The option or word read last.</summary>
    public string Current { get; private set; } = "";

    /// <summary>Moves to the next option or word.</summary>
    public bool Read()
    {
        if (_inline is not null)
        {
            throw new MisuseException($"The option {Current} takes no value.");
        }

        if (_next == args.Length)
        {
            return false;
        }

        Current = args[_next++];
        if (Current.StartsWith("--", StringComparison.Ordinal) && Current.IndexOf('=', StringComparison.Ordinal) is > 0 and var split)
        {
            _inline = Current[(split + 1)..];
            Current = Current[..split];
        }

        return true;
    }

    /// <summary>The value of the current option.</summary>
    public string Text()
    {
        if (_inline is { } value)
        {
            _inline = null;
            return value;
        }

        return _next < args.Length ? args[_next++] : throw new MisuseException($"The option {Current} needs a value.");
    }

    /// <summary>The value of the current option as a number of at least <paramref name="least"/>, or more than that.</summary>
    public double Number(double least, bool orEqual)
    {
        var text = Text();
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) &&
            (number > least || (orEqual && number == least))
            ? number
            : throw new MisuseException(string.Create(CultureInfo.InvariantCulture, $"The option {Current} needs a number {(orEqual ? "of at least" : "greater than")} {least}, not '{text}'."));
    }

    /// <summary>The value of the current option as a TCP port; 0 stands for any free one.</summary>
    public int Port()
    {
        var text = Text();
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= 65535
            ? port
            : throw new MisuseException($"The option {Current} needs a number from 0 to 65535, not '{text}'.");
    }

    /// <summary>The complaint about an option nobody knows.</summary>
    public MisuseException Unknown(string command) => new($"'{command}' has no option '{Current}'.");
}
