using System.Runtime.CompilerServices;

namespace LiveRows;

/// <summary>A row of the table.</summary>
internal sealed record Row(int Number, string Name);

/// <summary>The progress of an import.</summary>
internal sealed record ImportProgress(int Done, int Total);

internal static class Table
{
    /// <summary>A slow query: each row is sent when it is found. Leaving the stream cancels the token.</summary>
    public static async IAsyncEnumerable<Row> RowsAsync(int count, int pauseMs = 0, [EnumeratorCancellation] CancellationToken token = default)
    {
        for (var i = 1; i <= count; i++)
        {
            if (pauseMs > 0)
                await Task.Delay(pauseMs, token);
            yield return new Row(i, $"row {i}");
        }
    }

    /// <summary>Imports rows, reports its progress, and returns the number of rows.</summary>
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
