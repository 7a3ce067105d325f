namespace CoopGrid.LoadTest.Cluster;

/// <summary>PostgreSQL's programs are not on this machine; the message says which package brings them.</summary>
public sealed class PostgresMissingException : InvalidOperationException
{
    public PostgresMissingException()
        : base("PostgreSQL's server programs (initdb, postgres) are neither in /usr/lib/postgresql/*/bin nor on the PATH: install the Debian package 'postgresql' (version 15 or newer).")
    {
    }

    public PostgresMissingException(string message)
        : base(message)
    {
    }

    public PostgresMissingException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
