using System.Text;

namespace McpProgress.Core.Tests.Properties;

/// <summary>Makes inputs out of a seed: valid JSON in unusual spellings, and what is left of it after a few wrong bytes.</summary>
/// <param name="seed">Everything follows from it.</param>
internal sealed class Inputs(int seed)
{
    private static readonly string[] Spaces = ["", "", "", "", " ", "\t", "  \r"];
    private static readonly string[] Numbers = ["0", "1", "-1", "5", "42", "4294967296", "4294967297", "1.5", "-0.0", "1e2", "1E-3", "1e999", "9223372036854775808", "1.0"];

    // As they stand between the quotes: escapes, other scripts, half characters.
    private static readonly string[] Texts =
        ["", "a", "id", "7", "-3", " 8", "task", "mcpc", "Größe", "漢字", "🎉", "\\u0041", "\\\"", "\\\\", "\\/", "\\n", "\\ud83c\\udf89", "\\ud800", "\\udc00x", "\\u0000", "}", "{\\\"id\\\":5}", "\\\"id\\\":5}"];

    // What breaks things when it stands in the wrong place.
    private static readonly string[] Insertions = ["{", "}", "[", "]", ",", ":", "\"", "\\", "\\ud800", "null", "\"id\":5", "1e", "-", "//", "/*", "\0", "\u00e9", "\t"];

    public int Seed => seed;

    public Random Random { get; } = new(seed);

    /// <summary>The last input that was made, for the failure.</summary>
    public string Last { get; private set; } = "";

    public bool Chance(int oneIn) => Random.Next(oneIn) == 0;

    public T Pick<T>(params T[] choices) => choices[Random.Next(choices.Length)];

    public string Space() => Pick(Spaces);

    public string Number() => Pick(Numbers);

    /// <summary>A JSON string.</summary>
    public string Text() => Chance(3) ? $"\"{Pick(Texts)}{Pick(Texts)}\"" : $"\"{Pick(Texts)}\"";

    /// <summary>Any JSON value.</summary>
    public string Value(int depth = 0) => Random.Next(depth > 3 ? 5 : 8) switch
    {
        0 => "null",
        1 => Pick("true", "false"),
        2 => Number(),
        < 5 => Text(),
        5 => $"[{string.Join(',', Many(() => Value(depth + 1)))}]",
        _ => Object(Many(() => (Text(), Value(depth + 1)))),
    };

    /// <summary>An object of these members, in any order, with any spaces, now and then one of them twice or one more.</summary>
    /// <param name="members">Names and values, as JSON.</param>
    public string Members(params (string Name, string Value)[] members)
    {
        List<(string, string)> all = [.. members];
        if (Chance(8))
        {
            all.Add((Text(), Value()));
        }

        if (Chance(12) && all.Count > 0)
        {
            all.Add((Pick([.. all]).Item1, Value()));
        }

        if (Chance(4))
        {
            (string, string)[] shuffled = [.. all];
            Random.Shuffle(shuffled);
            all = [.. shuffled];
        }

        return Object(all);
    }

    /// <summary>The text, now and then with a few changes.</summary>
    public string Spoil(string text) => Encoding.UTF8.GetString(Spoil(Encoding.UTF8.GetBytes(text)));

    /// <summary>The bytes, now and then with a few changes. None of them is a line feed.</summary>
    public byte[] Spoil(byte[] bytes)
    {
        List<byte> spoilt = [.. bytes];
        for (int i = Chance(2) ? 0 : Random.Next(1, 4); i > 0 && spoilt.Count > 0; i--)
        {
            int place = Random.Next(spoilt.Count);
            switch (Random.Next(6))
            {
                case 0:
                    spoilt[place] = (byte)Random.Next(256);
                    break;
                case 1:
                    spoilt.RemoveRange(place, Math.Min(Random.Next(1, 9), spoilt.Count - place));
                    break;
                case 2:
                    spoilt.InsertRange(place, spoilt.GetRange(Random.Next(place + 1), Random.Next(spoilt.Count - place)));
                    break;
                case 3:
                    spoilt.RemoveRange(place, spoilt.Count - place);
                    break;
                default:
                    spoilt.InsertRange(place, Encoding.UTF8.GetBytes(Pick(Insertions)));
                    break;
            }
        }

        byte[] done = [.. spoilt.Select(one => one == '\n' ? (byte)' ' : one)];
        Last = Encoding.UTF8.GetString(done);
        return done;
    }

    /// <summary>Remembers an input for the failure.</summary>
    public string Keep(string text) => Last = text;

    public IEnumerable<T> Many<T>(Func<T> make)
    {
        var made = new List<T>();
        for (int i = Random.Next(4); i > 0; i--)
        {
            made.Add(make());
        }

        return made;
    }

    private string Object(IEnumerable<(string Name, string Value)> members) =>
        $"{{{Space()}{string.Join($"{Space()},{Space()}", members.Select(member => $"{member.Name}{Space()}:{Space()}{member.Value}"))}{Space()}}}";
}
