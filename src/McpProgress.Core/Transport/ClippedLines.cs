using System.Text;

namespace McpProgress.Core.Transport;

/// <summary>Reads lines of which only the beginning is kept: a line that never ends must not fill the memory.</summary>
/// <param name="reader">The text. A line ends with a line feed, a carriage return, or both.</param>
/// <param name="longest">How much of a line is kept, in characters.</param>
internal sealed class ClippedLines(TextReader reader, int longest)
{
    private readonly char[] _buffer = new char[4096];
    private readonly StringBuilder _line = new();
    private int _start;
    private int _end;
    private bool _afterReturn;

    /// <summary>The next line, clipped; null at the end.</summary>
    public string? Read()
    {
        bool any = false;
        while (true)
        {
            if (_start == _end)
            {
                _start = 0;
                _end = reader.Read(_buffer.AsSpan());
                if (_end == 0)
                {
                    return any ? Take() : null;
                }
            }

            if (_afterReturn)
            {
                _afterReturn = false;
                if (_buffer[_start] == '\n')
                {
                    _start++;
                    continue;
                }
            }

            ReadOnlySpan<char> rest = _buffer.AsSpan(_start, _end - _start);
            int length = rest.IndexOfAny('\r', '\n');
            ReadOnlySpan<char> part = length < 0 ? rest : rest[..length];
            _line.Append(part[..Math.Min(part.Length, longest - _line.Length)]);
            any = true;
            if (length >= 0)
            {
                _afterReturn = rest[length] == '\r';
                _start += length + 1;
                return Take();
            }

            _start = _end;
        }
    }

    private string Take()
    {
        string line = _line.ToString();
        _line.Clear();
        return line;
    }
}
