using System.Runtime.InteropServices;
using Xunit;

namespace CoopGrid.Silo.Tests.Processes;

/// <summary>
/// A disk that is full for one process: no file of it can be written beyond a size (RLIMIT_FSIZE), until there is room again. Needs no
/// rights, and no other process notices.
/// </summary>
internal static class FileLimit
{
    private const int FileSize = 1;

    /// <summary>Lets the process write no byte beyond the first 4 KiB of any file.</summary>
    public static void Fill(int process) => Set(process, 4096);

    /// <summary>There is room again.</summary>
    public static void Free(int process) => Set(process, ulong.MaxValue);

    private static void Set(int process, ulong bytes)
    {
        var limit = new Limit(bytes, ulong.MaxValue);
        Assert.Equal(0, Change(process, FileSize, in limit, 0));
    }

    [DllImport("libc", EntryPoint = "prlimit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Change(int process, int resource, in Limit limit, nint old);

    private readonly record struct Limit(ulong Soft, ulong Hard);
}
