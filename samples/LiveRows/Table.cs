using System.Runtime.CompilerServices;

namespace LiveRows;

/// <summary>A row of the table.</summary>
internal sealed record Row(int Number, string Name);

/// <summary>How far an import is.</summary>
internal sealed record ImportProgress(int Done, int Total);

internal static class Table
{
    /// <summary>A query that takes its time: each row leaves when it is found. Leaving the stream cancels the token.</summary>
    public static async IAsyncEnumerable<Row> RowsAsync(int count, int pauseMs = 0, [EnumeratorCancellation] CancellationToken token = default)
    {
        for (var i = 1; i <= count; i++)
        {
            if (pauseMs > 0)
                await Task.Delay(pauseMs, token);
            yield return new Row(i, $"row {i}");
        }
    }

    /// <summary>Imports rows, says how far it is, and returns how many there were.</summary>
    public static async Task<int> ImportAsync(string[] names, IProgress<ImportProgress> progress, CancellationToken token)
    {
        for (var i = 1; i <= names.Length; i++)
        {
            await Task.Delay(10, token);
            progress.Report(new ImportProgress(i, names.Length));
        }
        return names.Length;
    }
}
