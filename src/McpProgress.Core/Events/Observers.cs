namespace McpProgress.Core.Events;

/// <summary>
/// Tells observers, most of which run on a connection's reader. One that throws is reported, and neither ends what tells it
/// nor keeps the next one from being told.
/// </summary>
internal static class Observers
{
    /// <summary>Tells each of them.</summary>
    /// <param name="observers">Those who want to know; null is nobody.</param>
    /// <param name="news">What there is to know.</param>
    /// <param name="failed">Gets what an observer threw; must not throw itself.</param>
    public static void Tell<T>(Action<T>? observers, T news, Action<Exception>? failed)
    {
        foreach (Delegate observer in observers?.GetInvocationList() ?? [])
        {
            try
            {
                ((Action<T>)observer)(news);
            }
            catch (Exception exception)
            {
                failed?.Invoke(exception);
            }
        }
    }
}
