namespace McpProgress.Server.Http;

/// <summary>Reads a request's body into memory, up to a bound.</summary>
internal static class BodyReader
{
    /// <summary>The whole body; null when it is larger than <paramref name="limit"/> bytes.</summary>
    public static async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(Stream body, int limit, CancellationToken cancelled)
    {
        var buffer = new byte[4096];
        var length = 0;
        while (true)
        {
            var read = await body.ReadAsync(buffer.AsMemory(length), cancelled).ConfigureAwait(false);
            if (read == 0)
            {
                return buffer.AsMemory(0, length);
            }

            length += read;
            if (length > limit)
            {
                return null;
            }

            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, (int)Math.Min((long)buffer.Length * 2, (long)limit + 1));
            }
        }
    }
}
