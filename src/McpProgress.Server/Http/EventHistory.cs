using System.Buffers;
using System.Globalization;
using System.Text;

namespace McpProgress.Server.Http;

/// <summary>
/// The events of one stream that a client who lost it can have again (2025-11-25, Streamable HTTP, resumability): each has an
/// id, <c>stream-number</c>, and the newest are kept. Not safe for several threads; its stream takes turns.
/// </summary>
/// <param name="stream">The stream's number in its session.</param>
internal sealed class EventHistory(long stream)
{
    /// <summary>How many bytes are kept; the answer is the last event, and always is.</summary>
    public const int MaxBytes = 256 * 1024;

    private readonly Queue<(long Number, byte[] Event)> _kept = [];
    private long _last;
    private long _bytes;

    /// <summary>The stream's number in its session.</summary>
    public long Stream => stream;

    /// <summary>The event to begin with: an id to come back with before there is anything to tell, and how soon to come back.</summary>
    public byte[] Priming { get; } = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"id: {stream}-0\nretry: 1000\ndata: \n\n"));

    /// <summary>Reads an id (<c>Last-Event-ID</c>).</summary>
    public static (long Stream, long Number)? Parse(string? id) =>
        id?.Split('-') is [var stream, var number] &&
        long.TryParse(stream, NumberStyles.None, CultureInfo.InvariantCulture, out var s) && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var n)
            ? (s, n)
            : null;

    /// <summary>Writes the id of the next event.</summary>
    public void WriteId(IBufferWriter<byte> buffer)
    {
        Span<byte> line = stackalloc byte[64];
        System.Text.Unicode.Utf8.TryWrite(line, CultureInfo.InvariantCulture, $"id: {stream}-{++_last}\n", out var length);
        buffer.Write(line[..length]);
    }

    /// <summary>Keeps the event whose id was written last.</summary>
    public void Keep(ReadOnlySpan<byte> @event)
    {
        _kept.Enqueue((_last, @event.ToArray()));
        _bytes += @event.Length;
        while (_bytes > MaxBytes && _kept.Count > 1)
        {
            _bytes -= _kept.Dequeue().Event.Length;
        }
    }

    /// <summary>What is kept of the events after one.</summary>
    public byte[] After(long number) => [.. _kept.Where(kept => kept.Number > number).SelectMany(kept => kept.Event)];
}
