/*
 * pid_file - PidFile: the number of the process, from when everything is ready
 * until its end.
 */
#ifndef TUNNEL_PID_FILE_H
#define TUNNEL_PID_FILE_H

/* Write our number there. That it cannot be is told, and no failure. */
void pid_file_write(const char *path);

/* Remove it, if our number is there. */
void pid_file_remove(const char *path);

#endif
