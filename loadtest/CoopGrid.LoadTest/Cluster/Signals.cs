using System.ComponentModel;
using System.Runtime.InteropServices;

namespace CoopGrid.LoadTest.Cluster;

/// <summary>Signals of Linux, by their numbers.</summary>
internal enum Signal
{
    /// <summary>SIGINT.</summary>
    Interrupt = 2,

    /// <summary>SIGQUIT.</summary>
    Quit = 3,

    /// <summary>SIGKILL.</summary>
    Kill = 9,

    /// <summary>SIGTERM.</summary>
    Terminate = 15,

    /// <summary>SIGCONT.</summary>
    Continue = 18,

    /// <summary>SIGSTOP.</summary>
    Stop = 19,
}

/// <summary>Sends signals to processes of our own.</summary>
internal static class Signals
{
    private const int NoSuchProcess = 3;

    /// <returns>False if there is no such process any more.</returns>
    /// <exception cref="Win32Exception">It may not be signalled.</exception>
    public static bool Send(int process, Signal signal)
    {
        if (Kill(process, (int)signal) == 0) return true;
        int error = Marshal.GetLastPInvokeError();
        return error == NoSuchProcess ? false : throw new Win32Exception(error);
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);
}
