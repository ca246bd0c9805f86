using System.Buffers.Binary;

namespace McpProgress.Server.Tasks;

/// <summary>A place in the list of tasks, as a client sees it: opaque, so that nobody counts on its form.</summary>
internal static class PageCursor
{
    public static string Write(long number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, number);
        return Convert.ToBase64String(bytes);
    }

    /// <exception cref="FormatException">It is no cursor.</exception>
    public static long Read(string? cursor)
    {
        if (cursor is null)
        {
            return 0;
        }

        var bytes = Convert.FromBase64String(cursor);
        return bytes.Length == sizeof(long) && BinaryPrimitives.ReadInt64BigEndian(bytes) is > 0 and var number
            ? number
            : throw new FormatException("This is no cursor.");
    }
}
