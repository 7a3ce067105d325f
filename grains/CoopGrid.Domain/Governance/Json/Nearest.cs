namespace CoopGrid.Domain.Governance;

/// <summary>Finds the known name that a mistyped one most likely meant.</summary>
internal static class Nearest
{
    /// <summary>" Did you mean x?" if a known name is close enough, else nothing.</summary>
    public static string Hint(string name, IEnumerable<string> known)
    {
        string? best = Of(name, known);
        return best is null ? "" : $" Did you mean {best}?";
    }

    /// <summary>The known name with the fewest letters to change, add or drop, upper and lower case alike, if that is less than half of it.</summary>
    public static string? Of(string name, IEnumerable<string> known)
    {
        if (name.Length > 64) return null;
        (int Distance, string? Name) best = (int.MaxValue, null);
        foreach (string candidate in known)
        {
            int distance = Distance(name.ToUpperInvariant(), candidate.ToUpperInvariant());
            if (distance < best.Distance && distance * 2 < Math.Max(3, candidate.Length)) best = (distance, candidate);
        }

        return best.Name;
    }

    // Levenshtein, one row at a time.
    private static int Distance(string a, string b)
    {
        int[] row = [.. Enumerable.Range(0, b.Length + 1)];
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(change, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
